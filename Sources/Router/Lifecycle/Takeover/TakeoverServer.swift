import EventLoop
import Glibc

/// Where a new process asks the running router for its sockets: a unix socket of mode 0600 beside the admin socket, for
/// the same user only.
///
/// Confined to the control loop.
final class TakeoverServer: EventSource {
    private unowned let router: RouterProcess
    let address: SocketAddress
    private var peers: [TakeoverPeer] = []
    /// The peer that was promised the sockets.
    private var claimant: TakeoverPeer?

    /// A peer that does not make progress is closed after two seconds; beyond this number, peers are closed at once.
    private static let peerLimit = 32
    private static let exhaustionPause = Moment.Span.milliseconds(50)

    /// The path of the socket, made from that of the admin socket; nil when it would be longer than the kernel takes.
    static func address(beside adminPath: String) -> SocketAddress? { SocketAddress(unixPath: adminPath + ".takeover") }

    /// - Parameter adopted: The listening socket, when it comes from the process before.
    init(_ router: RouterProcess, address: SocketAddress, adopted: Int32?) throws(SystemError) {
        self.router = router
        self.address = address
        let fd: Int32
        if let adopted { fd = adopted } else { fd = try Self.listeningSocket(address) }
        super.init(loop: router.loop, fd: fd)
        do throws(SystemError) {
            try watch(.readable)
        } catch {
            closeSource()
            throw error
        }
    }

    private static func listeningSocket(_ address: SocketAddress) throws(SystemError) -> Int32 {
        // Only the process that has the admin socket may have this one, and that is this process by now: a file that
        // lies here is of a dead process.
        var status = stat()
        if let path = address.unixPath, lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        let fd = try PacketSocket.make(blocks: false)
        do throws(SystemError) {
            try SystemCall.bind(fd, to: address)
            if let path = address.unixPath { _ = chmod(path, 0o600) }
            try SystemCall.listen(fd, backlog: Int32(2 * peerLimit))
        } catch {
            SystemCall.close(fd)
            throw error
        }
        return fd
    }

    override func ready(_ events: EventSet) {
        do throws(SystemError) {
            while let (peer, _) = try SystemCall.accept(fd) { admit(peer) }
        } catch {
            unwatch()
            setDeadline(loop.now + Self.exhaustionPause)
        }
    }

    override func deadlineReached() {
        guard !isClosed else { return }
        if (try? watch(.readable)) == nil { setDeadline(loop.now + Self.exhaustionPause) }
    }

    private func admit(_ fd: Int32) {
        guard peers.count < Self.peerLimit, let (user, process) = try? PacketSocket.peer(fd), user == geteuid(),
            let peer = try? TakeoverPeer(self, fd: fd, process: process)
        else {
            SystemCall.close(fd)
            return
        }
        peers.append(peer)
    }

    // MARK: For peers

    /// Why this peer may not take over now; nil when it may.
    func refusal(for peer: TakeoverPeer) -> String? {
        if claimant != nil && claimant !== peer || router.isDraining {
            return "another take-over is under way, or this router is stopping"
        }
        guard router.store.isInMemoryOnly else { return nil }
        return "a rollback is served that is neither on disk nor in its journal: the new process would undo it"
    }

    func packets() -> [(message: TakeoverMessage, descriptors: [Int32])]? {
        SocketGroup.packets(of: router.socketGroups)
    }

    func promised(to peer: TakeoverPeer) { claimant = peer }

    func stopAccepting(_ done: @escaping () -> Void) { router.holdListeners(done) }

    func resumeAccepting() { router.resumeListeners() }

    func handOver(_ kept: [Int], to process: Int32) { router.handOver(kept, to: process) }

    func ended(_ peer: TakeoverPeer) {
        peers.removeAll { $0 === peer }
        if claimant === peer { claimant = nil }
    }

    // MARK: Ending

    /// Tells every peer that its take-over will not happen.
    func withdraw() {
        for peer in peers { peer.withdraw() }
    }

    /// - Parameter isHandedOver: The socket file is the next process's.
    func close(isHandedOver: Bool) {
        guard !isClosed else { return }
        withdraw()
        // The next process holds the same socket, so closing alone would leave it in epoll.
        unwatch()
        closeSource()
        if !isHandedOver, let path = address.unixPath { unlink(path) }
    }
}
