package import EventLoop
import HTTP

/// Who sent a request, seen through the proxies of this machine.
package struct RequestClient: Sendable, Equatable {
    package let address: SocketAddress
    /// Whether the client came by https, as the proxy that ended it says.
    package let isSecure: Bool
    /// Whether a proxy passed the request on.
    package let isProxied: Bool

    /// The address as one customer has it: IPv4 whole, of IPv6 the 64 bits that a provider gives to one (RFC 6177).
    package var network: String {
        let (high, low) = address.hostBytes
        guard high == 0, low >> 32 == 0xFFFF else { return "\(String(high, radix: 16))::/64" }
        // This also holds for an IPv4 address in its IPv6 form.
        return SocketAddress(four: UInt32(truncatingIfNeeded: low), port: 0).host
    }
}

extension ServiceRequest {
    /// A forwarded address is believed from a peer on this machine alone, and there the last that is not of this
    /// machine itself: what stands before it is the client's own word. `x-forwarded-proto` is believed from anyone: a
    /// client that lies gets a cookie that is too careful.
    package var client: RequestClient {
        let forwarded = fields.all("x-forwarded-for")
        var address = peer
        if peer.isLoopback {
            let hops = forwarded.joined(separator: ",").split(separator: ",").compactMap { hop in
                // Some proxies write the port too.
                let text = String(hop.trimmingBlanks)
                return SocketAddress(host: text, port: 0) ?? SocketAddress(text)
            }
            address = hops.last { !$0.isLoopback } ?? hops.first ?? peer
        }
        let scheme = fields.all("x-forwarded-proto").first?.split(separator: ",").first?.trimmingBlanks
        return RequestClient(
            address: address, isSecure: scheme?.lowercased() == "https",
            isProxied: !forwarded.isEmpty || fields["via"] != nil || fields["forwarded"] != nil)
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var part = drop { $0 == " " || $0 == "\t" }
        while part.last == " " || part.last == "\t" { part.removeLast() }
        return part
    }
}
