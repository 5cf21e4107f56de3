import ControlKit
import EventLoop
import Glibc

/// Whether two addresses lead to one process, as far as this machine can know: the same address, or listening sockets
/// that the same processes hold (/proc). An address of another machine, or a process of another account, tells nothing.
enum SameProcess {
    /// Who listens; nil: it cannot be known here.
    static func sentence(_ left: SidePlace, _ right: SidePlace) -> String? {
        if left.address == right.address { return "both sides are \(left.host)" }
        guard let mine = holders(of: left.address), let theirs = holders(of: right.address), mine == theirs else {
            return nil
        }
        let pids = mine.sorted().map(String.init).joined(separator: ", ")
        return "\(left.host) and \(right.host) are both listened to by process \(pids)"
    }

    /// The processes that hold a listening socket of this address; nil: none is known. All of them, because a
    /// supervisor may hold the sockets of several services: only when all are the same, it is the same service.
    static func holders(of address: SocketAddress) -> Set<Int32>? {
        guard let port = address.port, isOurs(address) else { return nil }
        let sockets = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap { path in
            ListeningSockets.inodes(in: FileSystem.readText(path) ?? "", port: port, host: address.hostBytes)
        }
        guard !sockets.isEmpty else { return nil }
        let names = Set(sockets.map { "socket:[\($0)]" })
        var holders: Set<Int32> = []
        for entry in FileSystem.names(in: "/proc") {
            guard let pid = Int32(entry) else { continue }
            let folder = "/proc/\(entry)/fd"
            // Those of other accounts cannot be looked into.
            let isHolder = FileSystem.names(in: folder).contains { name in
                FileSystem.target(ofLink: "\(folder)/\(name)").map(names.contains) ?? false
            }
            if isHolder { holders.insert(pid) }
        }
        return holders.isEmpty ? nil : holders
    }

    /// An address is of this machine when it can be bound to.
    private static func isOurs(_ address: SocketAddress) -> Bool {
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0, let anyPort = SocketAddress(host: address.host, port: 0) else { return false }
        defer { close(descriptor) }
        return anyPort.withSockAddr { bind(descriptor, $0, $1) } == 0
    }
}
