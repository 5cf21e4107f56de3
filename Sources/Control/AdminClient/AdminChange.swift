package import JSON

/// One route's number before and after, as a change of the routes answers it.
package struct RouteChange: Equatable, Sendable {
    package var route: String
    /// `percent`, `mirror`, `added`, `removed` or `changed`.
    package var field: String
    package var before: Double?
    package var after: Double?

    package init(route: String, field: String, before: Double?, after: Double?) {
        self.route = route
        self.field = field
        self.before = before
        self.after = after
    }
}

/// What the router answered to a shift, a mirror, a whole new document, or what writing the file ourselves did.
package struct AdminChange: Equatable, Sendable {
    package var changes: [RouteChange]
    package var revision: Int
    package var previousRevision: Int
    package var dryRun: Bool
    /// false: it was so already.
    package var changed: Bool
    /// Loops that serve the new revision; 0 when no router runs.
    package var loops: Int
    package var tookMilliseconds: Double
    package var warnings: [String]
    /// What a shift leaves on the side that lost keys; nil: not told, or not a shift.
    package var longLived: LongLived?

    package init(
        changes: [RouteChange], revision: Int, previousRevision: Int, dryRun: Bool, changed: Bool, loops: Int,
        tookMilliseconds: Double, warnings: [String]
    ) {
        self.changes = changes
        self.revision = revision
        self.previousRevision = previousRevision
        self.dryRun = dryRun
        self.changed = changed
        self.loops = loops
        self.tookMilliseconds = tookMilliseconds
        self.warnings = warnings
    }

    /// Reads the response to `shift` and `mirror` (one change) or to `PUT routes` (a list of them).
    package init(_ value: JSONValue) {
        self.init(
            changes: [], revision: value["revision"]?.int ?? 0, previousRevision: value["previous_revision"]?.int ?? 0,
            dryRun: value["dry_run"]?.bool ?? false, changed: value["changed"]?.bool ?? true,
            loops: value["loops"]?.int ?? 0, tookMilliseconds: value["took_ms"]?.double ?? 0,
            warnings: value["warnings"]?.elements.compactMap(\.string) ?? [])
        longLived = LongLived(value["long_lived"])
        if let list = value["changes"] {
            changes = list.elements.map(Self.change)
        } else if value["route"] != nil {
            changes = [Self.change(value)]
        }
    }

    package static func change(_ value: JSONValue) -> RouteChange {
        RouteChange(
            route: value["route"]?.string ?? "", field: value["field"]?.string ?? "changed",
            before: value["before"]?.double, after: value["after"]?.double)
    }
}

/// What the router answered to a rollback.
package struct AdminRollback: Equatable, Sendable {
    package struct Route: Equatable, Sendable {
        package var id: String
        package var before: Double
        package var after: Double
        package var inFlight: Int
        /// What is open for long on the service.
        package var longLived: LongLived?
    }

    package var mode: String
    package var revision: Int
    package var previousRevision: Int
    package var dryRun: Bool
    package var changed: Bool
    package var loops: Int
    package var flipMilliseconds: Double
    /// Whether no request of these routes runs on a service any more.
    package var complete: Bool
    /// From the command until the last request on the service ended.
    package var lastRequestMilliseconds: Double?
    package var routes: [Route]
    package var warnings: [String]

    /// Requests that began before and run on the service still.
    package var inFlight: Int { routes.reduce(0) { $0 + $1.inFlight } }

    package init(_ value: JSONValue) {
        mode = value["mode"]?.string ?? "evacuate"
        revision = value["revision"]?.int ?? 0
        previousRevision = value["previous_revision"]?.int ?? 0
        dryRun = value["dry_run"]?.bool ?? false
        changed = value["changed"]?.bool ?? true
        loops = value["loops"]?.int ?? 0
        flipMilliseconds = value["flip_ms"]?.double ?? 0
        complete = value["complete"]?.bool ?? true
        lastRequestMilliseconds = value["last_request_ended_ms"]?.double
        warnings = value["warnings"]?.elements.compactMap(\.string) ?? []
        routes =
            value["routes"]?.elements.map { route in
                Route(
                    id: route["id"]?.string ?? "", before: route["before"]?.double ?? 0,
                    after: route["after"]?.double ?? 0, inFlight: route["in_flight"]?.int ?? 0,
                    longLived: LongLived(route["long_lived"]))
            } ?? []
    }
}

/// A change as the router remembers it.
package struct RouterChange: Equatable, Sendable {
    package var at: String
    /// `shift`, `mirror`, `rollback`, `apply`, `undo`, `put` or `reload`.
    package var verb: String
    package var actor: String
    package var reason: String
    package var previousRevision: Int
    package var revision: Int
    package var changes: [RouteChange]

    package init(_ value: JSONValue) {
        at = value["at"]?.string ?? ""
        verb = value["verb"]?.string ?? ""
        actor = value["actor"]?.string ?? ""
        reason = value["reason"]?.string ?? ""
        previousRevision = value["previous_revision"]?.int ?? 0
        revision = value["revision"]?.int ?? 0
        changes = value["changes"]?.elements.map(AdminChange.change) ?? []
    }
}
