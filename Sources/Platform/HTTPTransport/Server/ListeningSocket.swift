import EventLoop
import Glibc

extension Listener {
    static func boundSocket(_ address: SocketAddress, sharesAddress: Bool) throws(SystemError) -> Int32 {
        if let path = address.unixPath { try removeDeadSocket(path, address) }
        let fd = try SystemCall.streamSocket(address.family)
        do throws(SystemError) {
            if !address.isUnix {
                try SystemCall.setOption(fd, level: SOL_SOCKET, SO_REUSEADDR, 1)
                if sharesAddress { try SystemCall.setOption(fd, level: SOL_SOCKET, SO_REUSEPORT, 1) }
                // Both are inherited by accepted sockets: saves a call for each.
                try SystemCall.setOption(fd, level: Int32(IPPROTO_TCP), TCP_NODELAY, 1)
                if address.isLoopback { SystemCall.relaxCongestionControl(fd) }
                // Told of a connection only when its request is there: saves a wake-up and a read. One second, after
                // which a silent client is accepted all the same and its ten seconds for a head begin.
                try SystemCall.setOption(fd, level: Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, 1)
                if address.family == AF_INET6 {
                    try SystemCall.setOption(fd, level: Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1)
                }
            }
            // Unix sockets are created with the rights of the umask; tightened to the owner before anyone can connect.
            try SystemCall.bind(fd, to: address)
            if let path = address.unixPath { _ = chmod(path, 0o600) }
        } catch {
            SystemCall.close(fd)
            throw error
        }
        return fd
    }

    /// A socket file that nobody listens on any more may go; one that answers, or any other file, may not.
    private static func removeDeadSocket(_ path: String, _ address: SocketAddress) throws(SystemError) {
        let probe = try SystemCall.streamSocket(address.family)
        defer { SystemCall.close(probe) }
        do throws(SystemError) {
            _ = try SystemCall.connect(probe, to: address)
            throw SystemError("bind", EADDRINUSE)
        } catch {
            guard error.code == ECONNREFUSED else {
                if error.code == ENOENT { return }
                throw error
            }
            // ECONNREFUSED also for a file that is no socket: bind then says that the address is in use.
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        }
    }
}
