package import Glibc

/// Where a socket listens or connects: IPv4, IPv6 or a unix path, kept as the kernel wants it.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    private var storage: sockaddr_storage
    package private(set) var length: socklen_t

    package init() {
        storage = sockaddr_storage()
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }

    /// A literal: `127.0.0.1:80`, `[::1]:80`, `*:80`, `localhost:80`, `unix:/run/x.sock`. Nil when it is none of these:
    /// names are not looked up here.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            self.init(unixPath: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        self.init(host: String(text[..<colon]), port: port)
    }

    package init?(host: String, port: UInt16) {
        self.init()
        var name = host
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.isEmpty || name == "*" { name = "0.0.0.0" }
        if name == "localhost" { name = "127.0.0.1" }
        var four = sockaddr_in()
        if inet_pton(AF_INET, name, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            store(four)
            return
        }
        var six = sockaddr_in6()
        guard inet_pton(AF_INET6, name, &six.sin6_addr) == 1 else { return nil }
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        store(six)
    }

    /// An IPv4 address in host order: 127.0.0.1 is 0x7F000001.
    package init(four: UInt32, port: UInt16) {
        self.init()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = four.bigEndian
        store(address)
    }

    /// An IPv6 address, its first eight bytes and its last, in host order.
    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.init()
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        store(address)
    }

    /// Nil when the path is empty or longer than the kernel takes (107 bytes).
    package init?(unixPath: String) {
        self.init()
        var address = sockaddr_un()
        let path = Array(unixPath.utf8)
        guard !path.isEmpty, path.count < MemoryLayout.size(ofValue: address.sun_path), !path.contains(0) else {
            return nil
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        store(address)
    }

    private mutating func store<T>(_ address: T) {
        withUnsafeMutableBytes(of: &storage) { target in
            withUnsafeBytes(of: address) { target.copyMemory(from: $0) }
        }
        length = socklen_t(MemoryLayout<T>.size)
    }

    package var family: Int32 { Int32(storage.ss_family) }
    package var isUnix: Bool { family == AF_UNIX }

    /// The TCP port; nil for unix sockets.
    package var port: UInt16? {
        switch family {
        case AF_INET: withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(as: sockaddr_in.self).sin_port) }
        case AF_INET6: withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(as: sockaddr_in6.self).sin6_port) }
        default: nil
        }
    }

    /// The address without the port, as 16 bytes: IPv4 as `::ffff:a.b.c.d`. All zero for unix sockets.
    package var hostBytes: (UInt64, UInt64) {
        switch family {
        case AF_INET:
            let four = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in.self).sin_addr.s_addr }
            return (0, 0x0000_FFFF_0000_0000 | UInt64(UInt32(bigEndian: four)))
        case AF_INET6:
            return withUnsafeBytes(of: storage) { bytes in
                let offset = 8  // sin6_addr follows family, port and flow information
                return (
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                )
            }
        default: return (0, 0)
        }
    }

    /// Whether the address is one that only this machine can have.
    package var isLoopback: Bool {
        let (high, low) = hostBytes
        return isUnix || (high == 0 && (low == 1 || low >> 24 == 0xFFFF_7F))
    }

    /// The path of a unix socket; nil otherwise (and for unnamed peers).
    package var unixPath: String? {
        guard isUnix else { return nil }
        return withUnsafeBytes(of: storage) { bytes in
            let path = bytes.dropFirst(2).prefix { $0 != 0 }
            return path.isEmpty ? nil : String(decoding: path, as: UTF8.self)
        }
    }

    /// The address without port: `127.0.0.1`, `::1`, or "unix".
    package var host: String {
        var text = [CChar](repeating: 0, count: 64)
        switch family {
        case AF_INET:
            var four = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in.self).sin_addr }
            inet_ntop(AF_INET, &four, &text, 64)
        case AF_INET6:
            var six = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in6.self).sin6_addr }
            inet_ntop(AF_INET6, &six, &text, 64)
        default: return "unix"
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package var description: String {
        switch family {
        case AF_INET: "\(host):\(port ?? 0)"
        case AF_INET6: "[\(host)]:\(port ?? 0)"
        default: "unix:\(unixPath ?? "")"
        }
    }

    package func withSockAddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Hands the storage to a system call that fills in the address.
    mutating func withStorage<R>(_ body: (UnsafeMutableRawPointer, inout socklen_t) -> R) -> R {
        var filled = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { body(UnsafeMutableRawPointer($0), &filled) }
        length = filled
        return result
    }

    package static func == (left: SocketAddress, right: SocketAddress) -> Bool {
        guard left.family == right.family else { return false }
        return left.isUnix
            ? left.unixPath == right.unixPath : left.port == right.port && left.hostBytes == right.hostBytes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(family)
        hasher.combine(port)
        hasher.combine(hostBytes.0)
        hasher.combine(hostBytes.1)
        hasher.combine(unixPath)
    }
}
