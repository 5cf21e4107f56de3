internal import JSON

/// What must hold between the parts of a decoded document.
struct RoutesRules {
    let document: RoutesDocument
    let collector: DiagnosticCollector
    let guards: GuardRules

    func check() {
        let values = document.json.root.elements(of: "routes")
        checkIds(values)
        checkModes()
        for (index, value) in values.enumerated() { checkRoute(index, value) }
        checkReachable(values)
        checkListeners()
        checkUse()
    }

    private func checkIds(_ values: [JSONValue]) {
        var first: [String: JSONValue] = [:]
        for (name, value) in zip(document.routes.map(\.id), values) {
            let id = value.required("id")
            if let earlier = first[name] {
                collector.error("the id \"\(name)\" is already used on line \(earlier.position.line)", at: id)
            } else {
                first[name] = id
            }
        }
    }

    private func checkRoute(_ index: Int, _ value: JSONValue) {
        let route = document.routes[index]
        let percent = value["percent"] ?? value
        if route.service == nil {
            if route.percent > .zero {
                collector.error(
                    "route \"\(route.id)\" has no \"service\" that could serve \(route.percent) %", at: percent)
            }
            if let mirror = value["mirror"] {
                collector.error("route \"\(route.id)\" has no \"service\" to send copies to", at: mirror)
            }
        } else if route.context.map({ document.contexts[$0].mode.isBuilt }) ?? true,
            let refusal = document.refusal(ofRoute: index, percent: route.percent)
        {
            guarded(refusal, at: percent)
        }
        if route.service == route.legacy, let service = value["service"] {
            collector.warning("\"service\" and \"legacy\" of route \"\(route.id)\" are the same upstream", at: service)
        }
        if let mirror = value["mirror"], route.mirror?.methods.contains(where: { !Self.isSafe($0) }) == true {
            let follows = isReads(route) ? ", on rows that follow the monolith's" : ""
            collector.warning(
                "route \"\(route.id)\" mirrors methods that change state: the service runs every copy\(follows)",
                at: mirror,
                help: follows.isEmpty
                    ? nil : "what the copies write may collide with what is carried: mirror \"GET\" and \"HEAD\"")
        }
        if let override = value["override"], route.service != nil, route.match.allowsUnsafeMethods, isReads(route) {
            collector.warning(
                "route \"\(route.id)\" lets a request that writes choose the service, whose rows follow the monolith's",
                at: override, help: "give the writes a route of their own without \"override\"")
        }
    }

    /// A mode that is not built is told once, where it stands, not at each of its routes.
    private func checkModes() {
        for (index, member) in document.json.root.members(of: "contexts").enumerated() {
            let context = document.contexts[index]
            if let refusal = context.refusal { guarded(refusal, at: member.value.required("mode")) }
            if context.keys.isEmpty, context.mode != .stateless || !context.isModeWritten {
                collector.error(
                    "\"keys\" of the context \"\(context.name)\" must not be empty: its users would change sides with each request",
                    at: member.value.required("keys"),
                    help: "only \"mode\": \"stateless\", written by hand, can do without")
            }
        }
    }

    private func guarded(_ refusal: ModeRefusal, at value: JSONValue) {
        switch guards {
        case .enforced: collector.error(refusal.reason, at: value, help: refusal.help)
        case .told: collector.warning(refusal.reason, at: value, help: refusal.help)
        }
    }

    private func isReads(_ route: Route) -> Bool { route.context.map { document.contexts[$0].mode == .reads } ?? false }

    private static func isSafe(_ method: String) -> Bool { ["GET", "HEAD", "OPTIONS", "TRACE"].contains(method) }

    private func checkReachable(_ values: [JSONValue]) {
        for (index, covering) in Reachability.covered(document.routes) {
            let names = covering.map { "\"\(document.routes[$0].id)\"" }.joined(separator: " and ")
            let match = values[index].required("match")
            collector.error(
                "route \"\(document.routes[index].id)\" can never match: \(names) take\(covering.count == 1 ? "s" : "") every such request first",
                at: match, help: "order: exact, longest path, host, methods, headers, query, then order in the file")
        }
        let takesAll = document.routes.contains {
            $0.match == RouteMatch(path: .prefix("/"), methods: [], host: nil, headers: [], query: [])
        }
        if !takesAll, let routes = document.json.root["routes"] {
            collector.warning(
                "requests that no route takes are answered with 404", at: routes,
                help: "a last route with \"prefix\": \"/\" takes them all")
        }
    }

    private func checkListeners() {
        var seen: Set<String> = []
        for (text, listener) in zip(document.listen, document.json.root.elements(of: "listen")) {
            // Port 0 is a new port each time.
            if !seen.insert(text).inserted, !text.hasSuffix(":0") {
                collector.error("\"\(text)\" is listed twice", at: listener)
            }
        }
        guard let admin = document.json.root["admin"]?["listen"], let text = document.admin.listen else { return }
        guard document.admin.tokenFile == nil, case .tcp(let host, _)? = Literals.endpoint(text) else { return }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        if !isLoopback {
            collector.error(
                "the admin API may not listen on \(text) without a token", at: admin,
                help: "set \"tokenFile\", or listen on 127.0.0.1")
        }
    }

    private func checkUse() {
        for (index, member) in document.json.root.members(of: "upstreams").enumerated() {
            if !document.routes.contains(where: { $0.legacy == index || $0.service == index }) {
                collector.warning("no route uses the upstream \"\(member.key)\"", at: member.name)
            }
        }
        for (index, member) in document.json.root.members(of: "contexts").enumerated() {
            let routes = document.routes.filter { $0.context == index }
            if routes.isEmpty {
                collector.warning("no route uses the context \"\(member.key)\"", at: member.name)
                continue
            }
            for key in member.value.elements(of: "keys") {
                guard case .path(let name)? = key.string.flatMap({ AssignmentKey(parsing: $0) }) else { continue }
                if !routes.contains(where: { $0.match.path.parameters.contains(name) }) {
                    collector.warning(
                        "no route of context \"\(member.key)\" has a template with {\(name)}: this key is never found",
                        at: key)
                }
            }
        }
    }
}
