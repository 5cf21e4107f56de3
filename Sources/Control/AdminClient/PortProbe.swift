import Glibc

/// Asks the kernel about TCP ports: which are free, and who answers.
package enum PortProbe {
    /// Whether a listener could be opened there now.
    package static func isFree(host: String = "127.0.0.1", port: UInt16) -> Bool {
        withSocket(host, port) { descriptor, address, length in
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, length) == 0 && listen(descriptor, 1) == 0
        } ?? false
    }

    /// A port that was free a moment ago.
    package static func freePort(host: String = "127.0.0.1") -> UInt16? {
        withSocket(host, 0) { descriptor, address, length -> UInt16? in
            guard bind(descriptor, address, length) == 0 else { return nil }
            var bound = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &bound) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
            }
            return result == 0 ? UInt16(bigEndian: bound.sin_port) : nil
        } ?? nil
    }

    /// Whether somebody accepts a connection there within `milliseconds`.
    package static func answers(host: String, port: UInt16, milliseconds: Int32 = 500) -> Bool {
        withSocket(host, port) { descriptor, address, length in
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            if connect(descriptor, address, length) == 0 { return true }
            guard errno == EINPROGRESS else { return false }
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&poller, 1, milliseconds) == 1 else { return false }
            var code: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code == 0
        } ?? false
    }

    /// Whether somebody accepts a connection to a unix socket.
    package static func answers(unixPath path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // Without waiting: a router whose queue is full lives.
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, flags, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || errno == EAGAIN
    }

    /// Whether somebody accepts a connection at an admin address.
    package static func answers(_ address: AdminAddress) -> Bool {
        switch address {
        case .unix(let path): answers(unixPath: path)
        case .tcp(let host, let port): answers(host: host, port: port)
        }
    }

    /// Splits `HOST:PORT` and `[V6]:PORT`.
    package static func split(_ address: String) -> (host: String, port: UInt16)? {
        guard case .tcp(let host, let port)? = AdminAddress(address) else { return nil }
        return (host, port)
    }

    private static func withSocket<T>(
        _ host: String, _ port: UInt16, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> T
    ) -> T? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(list) }
        guard let address = first.pointee.ai_addr else { return nil }
        let descriptor = socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return body(descriptor, address, first.pointee.ai_addrlen)
    }
}
