import Glibc

/// A blocking socket that says exactly what it is told and reads what comes: the peer that a well-behaved client
/// library cannot play. Every wait is bounded.
package final class RawClient: @unchecked Sendable {
    // @unchecked: immutable; a socket may be used by two threads.
    package let fd: Int32

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    /// Connects to 127.0.0.1.
    package init(port: UInt16, timeoutSeconds: Int = 10, receiveBuffer: Int32? = nil) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // Closed by deinit, which runs once all is initialised even when init throws; a second close would hit
            // another thread's.
            throw Failure(description: "connect: errno \(errno)")
        }
        Self.bound(fd, timeoutSeconds)
    }

    /// Takes over a connected socket.
    package init(fd: Int32, timeoutSeconds: Int = 10) {
        self.fd = fd
        Self.bound(fd, timeoutSeconds)
    }

    deinit { close(fd) }

    private static func bound(_ fd: Int32, _ seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(fd, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: errno \(errno)") }
            sent += count
        }
    }

    /// What one read brings.
    package enum Read: Equatable {
        case bytes([UInt8])
        /// FIN.
        case end
        /// RST.
        case reset
        case timedOut
    }

    package func read(atMost limit: Int = 65536) -> Read {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = recv(fd, &buffer, limit, 0)
            if count > 0 { return .bytes(Array(buffer[..<count])) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .timedOut
            default: return .reset
            }
        }
    }

    /// Everything up to FIN, RST or a time-out, and which it was.
    package func readToEnd() -> (text: String, last: Read) {
        var all: [UInt8] = []
        while true {
            switch read() {
            case .bytes(let more): all += more
            case let last: return (String(decoding: all, as: UTF8.self), last)
            }
        }
    }

    /// Reads until what has come ends with `suffix`.
    package func read(until suffix: String) throws -> String {
        var all: [UInt8] = []
        let end = Array(suffix.utf8)
        while !all.reversed().starts(with: end.reversed()) {
            guard case .bytes(let more) = read(atMost: 1) else {
                throw Failure(
                    description: "ended before \(suffix.debugDescription): \(String(decoding: all, as: UTF8.self))")
            }
            all += more
        }
        return String(decoding: all, as: UTF8.self)
    }

    package func read(exactly count: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            guard case .bytes(let more) = read(atMost: count - all.count) else {
                throw Failure(description: "ended after \(all.count) of \(count) bytes")
            }
            all += more
        }
        return all
    }

    /// One message: the head, and the body that its Content-Length announces.
    package func readMessage() throws -> (head: String, body: [UInt8]) {
        let head = try read(until: "\r\n\r\n")
        var length = 0
        for line in head.lowercased().split(separator: "\r\n") where line.hasPrefix("content-length:") {
            length = Int(line.dropFirst(15).filter { $0 != " " }) ?? 0
        }
        return (head, try read(exactly: length))
    }

    package func shutdownSending() { shutdown(fd, Int32(SHUT_WR)) }

    /// Makes the close, at release, a reset.
    package func resetOnClose() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
}
