import Glibc

/// A TCP port of this machine that is listened on, chosen by the kernel. Whoever makes it closes the descriptor.
package struct ListeningPort {
    package let descriptor: Int32
    package let number: UInt16

    /// - Parameter backlog: how many may wait to be accepted; the kernel lets one more.
    package init(backlog: Int32) throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(fd, pointer, length) == 0, listen(fd, backlog) == 0 else { return Int32(-1) }
                return getsockname(fd, pointer, &length)
            }
        }
        guard result == 0 else { throw RawClient.Failure(description: "listen: errno \(errno)") }
        descriptor = fd
        number = UInt16(bigEndian: address.sin_port)
    }
}
