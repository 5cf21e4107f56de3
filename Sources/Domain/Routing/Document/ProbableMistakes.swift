internal import JSON

/// What is allowed but hardly meant: names that nobody uses, keys that are never found, patterns of another program's
/// grammar, a router that asks itself.
struct ProbableMistakes {
    let document: RoutesDocument
    let collector: DiagnosticCollector

    func check() {
        checkUse()
        for (index, member) in document.json.root.members(of: "contexts").enumerated() {
            checkKeys(of: index, member)
        }
        for value in document.json.root.elements(of: "routes") { checkPattern(value.required("match")) }
        checkEndpoints()
    }

    private func checkUse() {
        for (index, member) in document.json.root.members(of: "upstreams").enumerated() {
            if !document.routes.contains(where: { $0.legacy == index || $0.service == index }) {
                collector.warning("no route uses the upstream \"\(member.key)\"", at: member.name)
            }
        }
        for (index, member) in document.json.root.members(of: "contexts").enumerated()
        where !document.routes.contains(where: { $0.context == index }) {
            collector.warning("no route uses the context \"\(member.key)\"", at: member.name)
        }
    }

    // MARK: Keys

    private func checkKeys(of index: Int, _ member: JSONMember) {
        let routes = document.routes.filter { $0.context == index }
        let keys = document.contexts[index].keys
        guard !routes.isEmpty else { return }
        var always: AssignmentKey?
        for (key, value) in zip(keys, member.value.elements(of: "keys")) {
            if let always {
                collector.warning(
                    "the key \"\(key.text)\" is never asked for: \"\(always.text)\" before it is always found",
                    at: value,
                    help: "the order decides: put what is always there last")
            } else {
                check(key, at: value, member.key, routes, isLast: key == keys.last)
            }
            if key == .cookie(AssignmentKey.mintedCookie) || key == .clientIP { always = always ?? key }
        }
    }

    private func check(_ key: AssignmentKey, at value: JSONValue, _ context: String, _ routes: [Route], isLast: Bool) {
        switch key {
        case .path(let name):
            let lacking = routes.filter { !$0.match.path.parameters.contains(name) }
            if lacking.count == routes.count {
                collector.warning(
                    "no route of context \"\(context)\" has a template with {\(name)}: this key is never found",
                    at: value)
            } else if isLast, let first = lacking.first {
                collector.warning(
                    "the template of route \"\(first.id)\" has no {\(name)}, and there is no further key: its requests are drawn one by one",
                    at: value,
                    help: "the same user would be on both sides; add a key that every route of the context has")
            }
        case .jwt(let claim) where Self.isNested(claim):
            collector.warning(
                "\"jwt:\(claim)\" is never found: claims are looked for at the top of the token, under that very name",
                at: value, help: "name a claim at the top, such as jwt:sub")
        case .header(let name) where name.hasPrefix("x-strangler-"):
            collector.warning(
                "\"header:\(name)\" is never found: names that begin with x-strangler- are the router's own", at: value)
        case .clientIP where document.listen.allSatisfy({ $0.hasPrefix("unix:") }) && document.trustedPeers.isEmpty:
            collector.warning(
                "\"client-ip\" is never found: clients of a unix socket have no address", at: value,
                help: "set \"trustedPeers\": what x-forwarded-for says of them is kept then")
        case .jwt, .header, .cookie, .query, .clientIP: break
        }
    }

    /// `realm.user`, `user/id`, `$.sub`: paths of other programs. A claim that is a URI is a name (RFC 7519 4.2).
    private static func isNested(_ claim: String) -> Bool {
        let isAddress = claim.firstIndex(of: ":").map { claim[$0...].hasPrefix("://") } ?? false
        guard !isAddress, !claim.hasPrefix("urn:") else { return false }
        return claim.contains(where: { "./[".contains($0) })
    }

    // MARK: Patterns

    private func checkPattern(_ match: JSONValue) {
        for key in ["exact", "prefix", "template"] {
            guard let value = match[key], let text = value.string else { continue }
            let segments = text.split(separator: "/", omittingEmptySubsequences: false)
            if key == "prefix", let last = segments.last, last == "*" || last == "**" {
                let rest = text.dropLast(last.count + 1)
                collector.warning(
                    "\"\(text)\" takes paths with a literal \"\(last)\" only: a prefix needs no star", at: value,
                    help: "write \"prefix\": \"\(rest.isEmpty ? "/" : String(rest))\"")
            } else if segments.contains(where: { $0 == "*" || $0 == "**" }) {
                collector.warning(
                    "\"*\" is a character like any other, so this takes paths with a literal star only", at: value,
                    help: "\"prefix\" takes all that is below, {name} in a \"template\" takes one segment")
            } else if segments.contains(where: { $0.hasPrefix(":") && $0.utf8.count > 1 }) {
                collector.warning(
                    "\":name\" is taken literally", at: value, help: "in a \"template\" a parameter is written {name}")
            }
        }
    }

    // MARK: Endpoints

    private func checkEndpoints() {
        let own =
            (document.listen + [document.admin.listen, document.admin.unix.map { "unix:" + $0 }].compactMap { $0 })
            .compactMap(Literals.endpoint)
        for (index, member) in document.json.root.members(of: "upstreams").enumerated() {
            for (endpoint, value) in zip(document.upstreams[index].endpoints, member.value.elements(of: "endpoints"))
            where own.contains(where: { Self.isReached($0, by: endpoint) }) {
                collector.warning(
                    "\(endpoint) is where this router listens itself: its requests would go round in a circle",
                    at: value,
                    help: "name the address of the program behind it")
            }
        }
    }

    /// Whether a connection to `endpoint` arrives at a socket that listens on `listener`.
    private static func isReached(_ listener: Endpoint, by endpoint: Endpoint) -> Bool {
        switch (listener, endpoint) {
        case (.unix(let own), .unix(let other)): return own == other
        case (.tcp(let host, let port), .tcp(let other, let otherPort)):
            guard port == otherPort, port != 0 else { return false }
            if host == other { return true }
            let isAny = ["0.0.0.0", "*", "::"].contains(host)
            return (isAny || isLoopback(host)) && (isLoopback(other) || other == "0.0.0.0" || other == "::")
        case (.unix, .tcp), (.tcp, .unix): return false
        }
    }

    /// `127.0.0.2` is another address than `127.0.0.1`; the names of the usual one are not.
    private static func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "localhost", "::1"].contains(host) }
}
