package import JSON

/// What `GET /v1/status` says, as far as the commands read it. Fields that a router does not send have their zero.
package struct AdminStatus: Equatable, Sendable {
    package struct Side: Equatable, Sendable {
        package var upstream = ""
        package var percent = 0.0
        package var requests = 0
        package var errors = 0
        package var inFlight = 0
        package var p50: Double?
        package var p99: Double?
        package var fallbacks = 0
        /// Of these: in the last minute.
        package var recentFallbacks = 0
        /// Responses of no use, when they are an alarm.
        package var faults: AdminStatus.Faults?
        package var health = "unknown"
        package var circuit = "closed"
        package var lastRequestAge: Double?
        /// nil: the router does not tell.
        package var longLived: LongLived?

        package init() {}

        init(_ value: JSONValue) {
            upstream = value["upstream"]?.string ?? ""
            percent = value["percent"]?.double ?? 0
            requests = value["requests"]?.int ?? 0
            errors = value["errors"]?.int ?? 0
            inFlight = value["in_flight"]?.int ?? 0
            p50 = value["p50_ms"]?.double
            p99 = value["p99_ms"]?.double
            fallbacks = value["fallbacks"]?.int ?? 0
            recentFallbacks = value["fallbacks_last_minute"]?.int ?? 0
            if let found = value["faults"], found["alarm"]?.bool ?? false {
                faults = AdminStatus.Faults(
                    answers: found["answers"]?.int ?? 0, errors: found["errors"]?.int ?? 0, cut: found["cut"]?.int ?? 0)
            }
            health = value["health"]?.string ?? "unknown"
            circuit = value["circuit"]?.string ?? "closed"
            lastRequestAge = value["last_request_age_ms"]?.double
            longLived = LongLived(value["long_lived"])
        }
    }

    package struct Mirror: Equatable, Sendable {
        package var percent = 0.0
        package var sent = 0
        package var answered = 0
        package var failed = 0
        package var skipped = 0
        /// Answers by class; nil: the router does not tell.
        package var classes: AdminStatus.Mirror.Classes?

        init(_ value: JSONValue) {
            percent = value["percent"]?.double ?? 0
            sent = value["sent"]?.int ?? 0
            answered = value["answered"]?.int ?? 0
            failed = value["failed"]?.int ?? 0
            if let classes = value["classes"] {
                self.classes = AdminStatus.Mirror.Classes(
                    good: classes["2xx"]?.int ?? 0, redirects: classes["3xx"]?.int ?? 0,
                    clientErrors: classes["4xx"]?.int ?? 0, serverErrors: classes["5xx"]?.int ?? 0)
            }
            if let reasons = value["skipped"]?.object { for member in reasons { skipped += member.value.int ?? 0 } }
        }
    }

    package struct Route: Equatable, Sendable {
        package var id = ""
        package var match = ""
        package var context: String?
        package var mode: String?
        /// Of its match; empty: all.
        package var methods: [String] = []
        /// Why no percentage of it would be accepted; nil: one would, or the router does not tell.
        package var immovable: String?
        package var percent = 0.0
        package var requests = 0
        package var errors = 0
        package var legacy = Side()
        package var service: Side?
        package var mirror: Mirror?
        package var refusals: [Refusal] = []
        /// What its users get otherwise than from the monolith alone.
        package var changesForUsers: [String] = []

        init(_ value: JSONValue) {
            id = value["id"]?.string ?? ""
            match = value["match"]?.string ?? ""
            context = value["context"]?.string
            mode = value["mode"]?.string
            methods = value["methods"]?.elements.compactMap(\.string) ?? []
            immovable = value["immovable"]?.string
            percent = value["percent"]?.double ?? 0
            requests = value["requests"]?.int ?? 0
            errors = value["errors"]?.int ?? 0
            if let side = value["legacy"] { legacy = Side(side) }
            service = value["service"].flatMap { $0.isNull ? nil : Side($0) }
            mirror = value["mirror"].flatMap { $0.isNull ? nil : Mirror($0) }
            refusals = Refusal.list(value["refusals"])
            changesForUsers = value["changes_for_users"]?.elements.compactMap(\.string) ?? []
        }
    }

    package struct Endpoint: Equatable, Sendable {
        package var address = ""
        package var health = "unknown"
        package var reason: String?
    }

    package struct Upstream: Equatable, Sendable {
        package var name = ""
        package var health = "unknown"
        package var endpoints: [Endpoint] = []
        package var refusals: [Refusal] = []
    }

    /// Requests refused for want of something that has a limit.
    package struct Refusal: Equatable, Sendable {
        /// The limit's key.
        package var lack = ""
        package var limit = 0
        package var lastMinute = 0
        /// Since the router started.
        package var total = 0

        static func list(_ value: JSONValue?) -> [Refusal] {
            value?.elements.map {
                Refusal(
                    lack: $0["limit"]?.string ?? "", limit: $0["value"]?.int ?? 0,
                    lastMinute: $0["last_minute"]?.int ?? 0, total: $0["total"]?.int ?? 0)
            } ?? []
        }
    }

    /// The rows of a context in the mode `reads`.
    package struct DataContext: Equatable, Sendable {
        package var context = ""
        package var group = ""
        /// `unknown`, `following` or `stalled`.
        package var state = "unknown"
        package var reason: String?
        /// Milliseconds.
        package var maxLag = 5_000
        /// Routes whose service answers readers.
        package var readers: [String] = []

        package init() {}

        init(_ value: JSONValue) {
            context = value["context"]?.string ?? ""
            group = value["group"]?.string ?? context
            state = value["state"]?.string ?? "unknown"
            reason = value["reason"]?.string
            maxLag = value["max_lag_ms"]?.int ?? 5_000
            readers = value["readers"]?.elements.compactMap(\.string) ?? []
        }
    }

    package var version = ""
    package var pid = 0
    package var state = "serving"
    package var listening: [String] = []
    package var uptimeSeconds = 0.0
    package var connections = 0
    package var revision = 0
    package var revisions: [Int] = []
    package var configFile = ""
    package var configSource = "file"
    /// What is served and not on disk; nil: the file says it.
    package var unwritten: Unwritten?
    /// Why no change could be written now; nil: nothing speaks against it.
    package var notWritable: String?
    /// It still serves what `configSource` says it started from.
    package var configSourceIsCurrent = true
    /// Why the last reload was refused, if it was.
    package var refusedReload: String?
    /// Nothing else has been served since that reload.
    package var refusedReloadIsCurrent = true
    /// Of the router as a whole.
    package var refusals: [Refusal] = []
    package var routes: [Route] = []
    package var upstreams: [Upstream] = []
    package var data: [DataContext] = []

    package init(_ value: JSONValue) {
        if let router = value["router"] {
            version = router["version"]?.string ?? ""
            pid = router["pid"]?.int ?? 0
            state = router["state"]?.string ?? "serving"
            listening = router["listening"]?.elements.compactMap(\.string) ?? []
            uptimeSeconds = router["uptime_seconds"]?.double ?? 0
            connections = router["connections"]?.int ?? 0
        }
        revision = value["revision"]?.int ?? 0
        revisions = value["revisions"]?.elements.compactMap(\.int) ?? []
        if let config = value["config"] {
            configFile = config["file"]?.string ?? ""
            configSource = config["source"]?.string ?? "file"
            unwritten = Unwritten(config["unwritten"])
            notWritable = config["not_writable"]?.string
            configSourceIsCurrent = config["source_is_current"]?.bool ?? true
            if let reload = config["last_reload"], reload["result"]?.string == "refused" {
                refusedReload = reload["message"]?.string ?? "refused"
                refusedReloadIsCurrent = reload["is_current"]?.bool ?? true
            }
        }
        refusals = Refusal.list(value["refusals"])
        routes = value["routes"]?.elements.map(Route.init) ?? []
        data = value["data"]?.elements.map(DataContext.init) ?? []
        upstreams =
            value["upstreams"]?.elements.map { upstream in
                Upstream(
                    name: upstream["name"]?.string ?? "", health: upstream["health"]?.string ?? "unknown",
                    endpoints: upstream["endpoints"]?.elements.map { endpoint in
                        Endpoint(
                            address: endpoint["address"]?.string ?? "",
                            health: endpoint["health"]?.string ?? "unknown", reason: endpoint["reason"]?.string)
                    } ?? [], refusals: Refusal.list(upstream["refusals"]))
            } ?? []
    }

    /// The route with this id.
    package func route(_ id: String) -> Route? { routes.first { $0.id == id } }
}
