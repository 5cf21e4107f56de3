/// Where a route's requests go: two upstreams, a percentage, and the draw that puts each user on a side.
package struct Destination: Sendable, Equatable {
    package var legacy: String
    package var service: String?
    /// 0 when there is no service.
    package var percent: Percent
    /// nil: each request is drawn for itself.
    package var draw: Draw?

    package init(legacy: String, service: String?, percent: Percent, draw: Draw?) {
        self.legacy = legacy
        self.service = service
        self.percent = service == nil ? .zero : percent
        self.draw = draw
    }

    /// Routes with equal draws put a user on the same side at the same percentage.
    package struct Draw: Sendable, Equatable {
        package var keys: [String]
        package var salt: String
        package var tokenCookie: String?
        /// Whose word about those before them is taken: decides whom `client-ip` means. Empty where no key asks for it.
        package var trustedPeers: [AddressRange]

        package init(keys: [String], salt: String, tokenCookie: String? = nil, trustedPeers: [AddressRange] = []) {
            self.keys = keys
            self.salt = salt
            self.tokenCookie = tokenCookie
            self.trustedPeers = keys.contains(AssignmentKey.clientIP.text) ? trustedPeers : []
        }
    }
}

extension RoutesDocument {
    package func destination(ofRoute index: Int) -> Destination {
        let route = routes[index]
        let context = route.context.map { contexts[$0] }
        let draw = context.flatMap { context in
            context.keys.isEmpty
                ? nil
                : Destination.Draw(
                    keys: context.keys.map(\.text), salt: context.salt, tokenCookie: context.jwtCookie,
                    trustedPeers: trustedPeers)
        }
        return Destination(
            legacy: upstreams[route.legacy].name, service: route.service.map { upstreams[$0].name },
            percent: route.percent, draw: draw)
    }
}
