package import EventLoop

/// Where a side is reached.
package struct SidePlace: Sendable, Equatable {
    package let address: SocketAddress
    package let host: String
    /// Stands before every path, without a slash at its end.
    package let prefix: String

    /// `http://HOST:PORT[/PREFIX]`, or `HOST:PORT`. `nil` for anything else: parity asks services, not the internet.
    package init?(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("http://") { rest = rest.dropFirst("http://".count) }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = String(rest[..<slash])
        if authority.hasPrefix("localhost:") { authority = "127.0.0.1:" + authority.dropFirst("localhost:".count) }
        guard let address = SocketAddress(authority) else { return nil }
        self.address = address
        host = authority
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        prefix = String(path)
    }
}
