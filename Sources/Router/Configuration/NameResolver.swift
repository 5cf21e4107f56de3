package import EventLoop
import Glibc

/// What a look-up of a name brought.
package enum NameAnswer: Equatable, Sendable {
    /// In any order; never trusted to be few or different.
    case addresses([SocketAddress])
    /// Why there are none, in the resolver's words.
    case failure(String)
}

/// Finds the addresses of a name. May block for as long as the name servers take: never called on a loop that serves
/// requests, and on the control loop only while a configuration is read.
package struct NameResolver: Sendable {
    let lookUp: @Sendable (_ host: String, _ port: UInt16) -> NameAnswer

    package init(_ lookUp: @escaping @Sendable (_ host: String, _ port: UInt16) -> NameAnswer) { self.lookUp = lookUp }

    /// The system's: /etc/hosts, DNS, whatever nsswitch.conf says.
    package static let system = NameResolver { host, port in
        // Families that this machine has no address of are left out (RFC 3493 6.1); loopback does not count as one, so
        // that a name that is found on loopback only needs the second look. Not when the name servers are away: that
        // would double the wait.
        var list: UnsafeMutablePointer<addrinfo>?
        var code = lookUp(host, flags: AI_ADDRCONFIG, &list)
        if code == EAI_NONAME { code = lookUp(host, flags: 0, &list) }
        guard code == 0 else { return .failure(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard
                getnameinfo(
                    entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let address = SocketAddress(host: numeric, port: port) { found.append(address) }
        }
        return found.isEmpty ? .failure("no usable address") : .addresses(found)
    }

    private static func lookUp(
        _ host: String, flags: Int32, _ list: inout UnsafeMutablePointer<addrinfo>?
    ) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags
        return getaddrinfo(host, nil, &hints, &list)
    }
}
