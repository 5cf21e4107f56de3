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
        ProbableMistakes(document: document, collector: collector).check()
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
        } else if let mirror = value["mirror"], let copies = route.mirror, copies.percent > .zero,
            let refusal = document.mirrorRefusal(ofRoute: index)
        {
            guarded(refusal.reason, help: refusal.help, at: mirror["methods"] ?? mirror)
        }
        if route.service != nil, route.context.map({ document.contexts[$0].mode.isBuilt }) ?? true,
            let refusal = document.refusal(ofRoute: index, percent: route.percent)
        {
            guarded(refusal.reason, help: refusal.help, at: percent)
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
            if let refusal = context.refusal {
                guarded(refusal.reason, help: refusal.help, at: member.value.required("mode"))
            }
            if context.mode != .owned, let epoch = member.value["epoch"] {
                collector.error(
                    "\"epoch\" of the context \"\(context.name)\" counts moves of users, and its mode is \"\(context.mode.rawValue)\"",
                    at: epoch, help: "only \"mode\": \"owned\" has an epoch")
            }
            if context.mode == .owned { checkShare(of: index) }
            if context.keys.isEmpty, context.mode != .stateless || !context.isModeWritten {
                collector.error(
                    "\"keys\" of the context \"\(context.name)\" must not be empty: its users would change sides with each request",
                    at: member.value.required("keys"),
                    help: "only \"mode\": \"stateless\", written by hand, can do without")
            }
        }
    }

    /// A user has one owner for all routes of a context.
    private func checkShare(of context: Int) {
        let members = document.routes.indices.filter {
            document.routes[$0].context == context && document.routes[$0].service != nil
        }
        guard let first = members.first.map({ document.routes[$0] }) else { return }
        for place in members where document.routes[place].percent != first.percent {
            let (route, values) = (document.routes[place], document.json.root["routes"]?.elements.map { $0 } ?? [])
            guarded(
                "route \"\(route.id)\" is at \(route.percent) % and \"\(first.id)\" at \(first.percent) %, and a user of the context \"\(document.contexts[context].name)\" has one owner for both",
                help: "give every route of a context in the mode \"owned\" the same percentage",
                at: values[place]["percent"] ?? values[place].required("id"))
        }
    }

    private func guarded(_ reason: String, help: String, at value: JSONValue) {
        switch guards {
        case .enforced: collector.error(reason, at: value, help: help)
        case .told: collector.warning(reason, at: value, help: help)
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
}
