internal import JSON

/// Turns a document that has the right shape into the model: names become indices, defaults are folded in.
struct RoutesDecoder {
    private let json: JSONDocument
    private let file: String
    private let collector: DiagnosticCollector
    private let root: ObjectReader
    private let defaults: JSONValue?
    private let policies: SharedPolicies
    private let upstreamNames: [String]
    private let contextNames: [String]

    init(_ json: JSONDocument, file: String, collector: DiagnosticCollector) {
        self.json = json
        self.file = file
        self.collector = collector
        root = ObjectReader(RoutesShape.document, [json.root])
        defaults = json.root["defaults"]
        policies = SharedPolicies(defaults: defaults, limits: root.value("limits"))
        upstreamNames = json.root.members(of: "upstreams").map(\.key)
        contextNames = json.root.members(of: "contexts").map(\.key)
    }

    func decode() -> RoutesDocument {
        let routes = json.root.elements(of: "routes").map(route)
        let admin = ObjectReader(RoutesShape.admin, [root.value("admin")])
        let limits = ObjectReader(RoutesShape.limits, [root.value("limits")])
        let timeouts = ObjectReader(RoutesShape.timeouts, [root.value("timeouts")])
        return RoutesDocument(
            json: json, file: file, revision: root.value("revision")?.int, listen: root.texts("listen"),
            admin: AdminSettings(
                unix: admin.text("unix"), listen: admin.text("listen"), tokenFile: admin.text("tokenFile")),
            upstreams: upstreams(routes), contexts: contexts(), routes: routes,
            limits: EdgeLimits(
                requestLine: limits.size("requestLine"), head: limits.size("head"), fields: limits.int("fields"),
                field: limits.size("field"), body: limits.size("body"), bodyRate: limits.rate("bodyRate"),
                responseHead: limits.size("responseHead"),
                connections: limits.int("connections"), connectionsPerAddress: limits.int("connectionsPerAddress"),
                requestsPerConnection: limits.int("requestsPerConnection"), inFlight: limits.int("inFlight"),
                held: limits.size("held")),
            timeouts: EdgeTimeouts(
                header: timeouts.duration("header"), clientIdle: timeouts.duration("clientIdle"),
                keepAlive: timeouts.duration("keepAlive"), drain: timeouts.duration("drain")),
            trustedPeers: root.texts("trustedPeers").compactMap { AddressRange(parsing: $0) },
            proxyPeers: root.texts("proxyPeers").compactMap { AddressRange(parsing: $0) },
            accessLog: accessLog(root.value("accessLog")), exposesDecision: root.bool("expose"),
            mergesSlashes: root.bool("mergeSlashes"),
            escapedSlashes: ObjectReader(RoutesShape.paths, [root.value("paths")]).choice("escapedSlashes"),
            underscores: ObjectReader(RoutesShape.headers, [root.value("headers")]).choice("underscores"),
            tracing: root.tracing("tracing"))
    }

    private func accessLog(_ value: JSONValue?) -> AccessLogPolicy? {
        guard let value, value.kind == .object else { return value?.string.flatMap { AccessLogPolicy($0) } }
        let reader = ObjectReader(RoutesShape.accessLog, [value])
        guard let policy = reader.text("file").flatMap({ AccessLogPolicy($0) }) else {
            collector.error("\"file\" cannot be \"off\"", at: value, help: #"write "accessLog": "off" for none"#)
            return nil
        }
        guard let size = value["rotate"] else { return policy }
        guard case .file(let file, _) = policy else {
            collector.error("a socket is not rotated", at: size, help: "leave \"rotate\" out")
            return nil
        }
        guard reader.size("rotate") >= 1024 else {
            collector.error("\"rotate\" must be at least 1KiB", at: size)
            return nil
        }
        return .file(file, rotation: .init(size: reader.size("rotate"), keep: reader.int("keep")))
    }

    // MARK: Upstreams and contexts

    private func upstreams(_ routes: [Route]) -> [Upstream] {
        let routeValues = json.root.elements(of: "routes")
        // By index: to pair all routes with their values would copy each of them.
        func saying(_ key: String) -> [(Route, JSONValue)] {
            routes.indices.compactMap { index in routeValues[index][key].map { (routes[index], $0) } }
        }
        let (healths, breakers) = (saying("health"), saying("breaker"))
        return json.root.members(of: "upstreams").enumerated().map { index, member in
            let reader = ObjectReader(RoutesShape.upstream, [member.value])
            let serving = healths.filter { $0.0.service == index }.map(\.1)
            let using = breakers.filter { $0.0.service == index || $0.0.legacy == index }.map(\.1)
            refuseDisagreement("health", of: member, in: serving)
            refuseDisagreement("breaker", of: member, in: using)
            let health = ObjectReader(RoutesShape.health, [member.value["health"], serving.first, defaults?["health"]])
            let breaker = ObjectReader(
                RoutesShape.breaker, [member.value["breaker"], using.first, defaults?["breaker"]])
            return Upstream(
                name: member.key, endpoints: reader.texts("endpoints").compactMap(Literals.endpoint),
                health: health.isPresent ? HealthPolicy(health) : nil,
                breaker: BreakerPolicy(breaker),
                connections: reader.int("connections"), streams: reader.int("streams"), pending: reader.int("pending"),
                idle: reader.duration("idle"), resolve: reader.optionalDuration("resolve"),
                tolerance: reader.choice("tolerance"))
        }
    }

    /// Two routes may not want different things of one upstream that says nothing itself.
    private func refuseDisagreement(_ key: String, of upstream: JSONMember, in given: [JSONValue]) {
        guard upstream.value[key] == nil else { return }
        guard let first = given.first, let other = given.first(where: { !$0.bytes.elementsEqual(first.bytes) }) else {
            return
        }
        collector.error(
            "routes disagree about \"\(key)\" of upstream \"\(upstream.key)\"", at: other,
            help: "set it once, on the upstream")
    }

    private func contexts() -> [RoutingContext] {
        json.root.members(of: "contexts").map { member in
            let reader = ObjectReader(RoutesShape.context, [member.value])
            let data = ObjectReader(RoutesShape.contextData, [member.value["data"]])
            return RoutingContext(
                name: member.key, keys: reader.texts("keys").compactMap { AssignmentKey(parsing: $0) },
                salt: reader.word("salt"), mode: reader.choice("mode"), isModeWritten: member.value["mode"] != nil,
                epoch: reader.value("epoch")?.int.map { UInt64(clamping: $0) },
                onStall: reader.choice("onStall"),
                watch: WatchPolicy(group: data.text("group"), maxLag: data.duration("maxLag")),
                readsOwnWrites: reader.bool("readYourWrites"),
                jwtCookie: reader.text("jwtCookie"), sameSite: reader.choice("sameSite"))
        }
    }

    // MARK: Routes

    private func route(_ value: JSONValue) -> Route {
        let reader = ObjectReader(RoutesShape.route, [value])
        return Route(
            id: reader.word("id"), match: match(value.required("match")),
            legacy: index(value["legacy"], in: upstreamNames, "upstream") ?? 0,
            service: index(value["service"], in: upstreamNames, "upstream"),
            context: index(value["context"], in: contextNames, "context"), percent: reader.percent("percent"),
            mirror: mirror(value["mirror"]), override: override(value["override"]),
            timeouts: policies.timeouts(of: value), bodyLimit: policies.bodyLimit(of: value),
            retry: policies.retry(of: value), fallback: policies.fallback(of: value),
            websocket: reader.bool("websocket"), longLived: policies.longLived(of: value),
            priority: policies.priority(of: value))
    }

    private func index(_ value: JSONValue?, in names: [String], _ what: String) -> Int? {
        guard let value, let name = value.string else { return nil }
        if let index = names.firstIndex(of: name) { return index }
        let known = names.isEmpty ? "there are none" : "known: \(names.joined(separator: ", "))"
        collector.error(
            "there is no \(what) \"\(name)\"", at: value, help: Suggestion.sentence(for: name, among: names) ?? known)
        return nil
    }

    private func match(_ value: JSONValue) -> RouteMatch {
        let reader = ObjectReader(RoutesShape.match, [value])
        let paths = ["exact", "prefix", "template"].filter { value[$0] != nil }
        if paths.count != 1 {
            let found = paths.isEmpty ? "none" : paths.joined(separator: " and ")
            collector.error(
                "\"match\" needs one of \"exact\", \"prefix\" and \"template\", found \(found)", at: value,
                help: paths.isEmpty ? "{ \"prefix\": \"/\" } takes every path" : nil)
        }
        let methods = reader.texts("methods")
        if let twice = Self.firstRepeated(methods), let list = value["methods"] {
            collector.error("the method \(twice) is named twice", at: list)
        }
        return RouteMatch(
            path: Self.pattern(reader), methods: methods, host: reader.text("host")?.lowercased(),
            headers: conditions(value["headers"], lowercase: true),
            query: conditions(value["query"], lowercase: false))
    }

    private static func pattern(_ reader: ObjectReader) -> PathPattern {
        if let path = reader.text("exact") { return .exact(ComparedPath.of(path)) }
        if let template = reader.text("template") {
            let segments = template.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            return .template(
                segments.map { segment in
                    segment.hasPrefix("{")
                        ? .parameter(String(segment.dropFirst().dropLast()))
                        : .literal(ComparedPath.of(String(segment)))
                })
        }
        var prefix = reader.text("prefix") ?? "/"
        // `/api/` and `/api` mean the same segments (Gateway API ignores the trailing slash of a prefix too).
        if prefix.count > 1, prefix.hasSuffix("/") { prefix.removeLast() }
        return .prefix(ComparedPath.of(prefix))
    }

    private func conditions(_ value: JSONValue?, lowercase: Bool) -> [FieldCondition] {
        guard let value else { return [] }
        var result: [FieldCondition] = []
        func add(_ name: String, _ wanted: String?, at place: JSONValue) {
            let name = lowercase ? name.lowercased() : QueryText.canonical(name)
            let wanted = lowercase ? wanted : wanted.map(QueryText.canonical)
            if lowercase, TextForm.header.problem(with: name) != nil {
                collector.error("\"\(name)\" is no header name", at: place)
            }
            if result.contains(where: { $0.name == name }) {
                collector.error("\"\(name)\" is asked for twice", at: place)
            }
            result.append(FieldCondition(name: name, value: wanted))
        }
        for member in value.members { add(member.key, member.value.string, at: member.name) }
        for item in value.elements {
            let reader = ObjectReader(RoutesShape.condition, [item])
            add(reader.word("name"), reader.text("value"), at: item.required("name"))
        }
        return result
    }

    // MARK: Policies

    private func mirror(_ value: JSONValue?) -> MirrorPolicy? {
        guard let value else { return nil }
        let reader = ObjectReader(RoutesShape.mirror, [value])
        return MirrorPolicy(
            percent: reader.percent("percent"), methods: reader.texts("methods"), bodyLimit: reader.size("body"),
            timeout: reader.duration("timeout"))
    }

    private func override(_ value: JSONValue?) -> OverridePolicy? {
        guard let value else { return nil }
        let reader = ObjectReader(RoutesShape.override, [value])
        return OverridePolicy(
            header: reader.word("header").lowercased(), secretFile: reader.text("secretFile"),
            trusted: reader.texts("trusted").compactMap { AddressRange(parsing: $0) })
    }

    private static func firstRepeated(_ names: [String]) -> String? {
        guard names.count > 1 else { return nil }
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }
}
