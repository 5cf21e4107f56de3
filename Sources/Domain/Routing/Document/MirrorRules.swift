/// Why a mirror would never copy anything, and what to do instead.
package struct MirrorRefusal: Sendable, Equatable {
    package let reason: String
    package let help: String
}

extension RoutesDocument {
    /// Whether a text may stand among `methods`.
    package static func isMethod(_ text: String) -> Bool { TextForm.method.problem(with: text) == nil }

    /// What keeps a mirror of the route from ever making a copy, at whatever percentage; nil: there are requests that
    /// it copies.
    ///
    /// - Parameter methods: those that would be copied; nil: the route's own, or GET and HEAD where it has no mirror.
    package func mirrorRefusal(ofRoute index: Int, methods: [String]? = nil) -> MirrorRefusal? {
        let route = routes[index]
        let copied = methods ?? route.mirror?.methods ?? MirrorPolicy.standardMethods
        guard route.service != nil else {
            return MirrorRefusal(
                reason: "route \"\(route.id)\" has no \"service\" to send copies to",
                help: "give it \"service\": NAME, and leave its percentage at 0")
        }
        // Requests with these are answered by the router itself.
        let forwarded = copied.filter { $0 != "CONNECT" && $0 != "TRACE" }
        guard !forwarded.isEmpty else {
            return MirrorRefusal(
                reason:
                    "the mirror of route \"\(route.id)\" copies \(copied.joined(separator: ", ")), which is never forwarded",
                help: "mirror \"GET\" and \"HEAD\"")
        }
        let taken = route.match.methods
        guard !taken.isEmpty, Set(taken).isDisjoint(with: forwarded) else { return nil }
        let reads = taken.filter { ["GET", "HEAD", "OPTIONS"].contains($0) }
        return MirrorRefusal(
            reason:
                "the mirror of route \"\(route.id)\" copies \(copied.joined(separator: ", ")), and the route takes \(taken.joined(separator: ", ")): nothing would ever be copied",
            help: reads.isEmpty
                ? "mirror the route of the reads; \"methods\": [\"\(taken[0])\"] would have the service run every write once more"
                : "\"methods\": [\(reads.map { "\"\($0)\"" }.joined(separator: ", "))]")
    }
}
