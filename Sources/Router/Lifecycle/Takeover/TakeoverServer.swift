import EventLoop
import Glibc

/// Where a new process asks the running router for its sockets: a unix socket of mode 0600 beside the admin socket, for the same user only.
///
/// Confined to the control loop.
final class TakeoverServer: EventSource {
    private unowned let router: RouterProcess
    let address: SocketAddress
    private var peers: [TakeoverPeer] = []
    /// The one that was promised the sockets.
    private var claimant: TakeoverPeer?

    /// Whoever connects and is not of use is closed after two seconds; more at once are closed directly.
    private static let peerLimit = 32
    private static let exhaustionPause = Moment.Span.milliseconds(50)

    /// The place of the socket, from that of the admin socket; nil when it would be longer than the kernel takes.
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
        // Whoever has the admin socket, and we do by now, is the only one who may have this one: what lies here is of a dead process.
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

    func isFree(for peer: TakeoverPeer) -> Bool { claimant == nil && !router.isDraining }

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

    /// Whoever asked is told that nothing will come of it.
    func withdraw() {
        for peer in peers { peer.withdraw() }
    }

    /// - Parameter isHandedOver: The socket file is the next process's.
    func close(isHandedOver: Bool) {
        guard !isClosed else { return }
        withdraw()
        // The next process holds the same socket: the close alone would leave it in epoll.
        unwatch()
        closeSource()
        if !isHandedOver, let path = address.unixPath { unlink(path) }
    }
}

/// One that asks to take over.
final class TakeoverPeer: EventSource {
    /// Retains, as it may outlive a server that is closed in the middle of an action.
    private let server: TakeoverServer
    let process: Int32
    private var machine = TakeoverOffer()

    init(_ server: TakeoverServer, fd: Int32, process: Int32) throws(SystemError) {
        self.server = server
        self.process = process
        super.init(loop: server.loop, fd: fd)
        do throws(SystemError) {
            try watch(.readable)
        } catch {
            // The descriptor stays the caller's.
            abandonDescriptor()
            throw error
        }
        armDeadline()
    }

    private func armDeadline() { setDeadline(loop.now + .milliseconds(machine.patienceMilliseconds)) }

    override func ready(_ events: EventSet) {
        guard let received = try? PacketSocket.receive(fd, limit: TakeoverMessage.sizeLimit) else {
            perform(machine.received(nil, isFree: false))
            return
        }
        switch received {
        case .wouldBlock: break
        case .ended: perform(machine.peerClosed())
        case .message(let bytes, let descriptors):
            // None is due from this side.
            for descriptor in descriptors { SystemCall.close(descriptor) }
            let message = descriptors.isEmpty ? TakeoverMessage(bytes) : nil
            perform(machine.received(message, isFree: server.isFree(for: self)))
        }
    }

    override func deadlineReached() { perform(machine.deadlineReached()) }

    func withdraw() { perform(machine.withdrawn()) }

    private func perform(_ action: TakeoverOffer.Action) {
        switch action {
        case .wait, .nothing: break
        case .offer:
            server.promised(to: self)
            sendOffer()
            armDeadline()
        case .stopAccepting:
            armDeadline()
            server.stopAccepting { [weak self] in
                guard let self else { return }
                perform(machine.acceptingStopped())
            }
        case .release:
            armDeadline()
            // One that has gone is told by the next event.
            try? PacketSocket.send(fd, TakeoverMessage.go.bytes)
        case .handOver(let kept):
            closeSource()
            server.ended(self)
            server.handOver(kept, to: process)
        case .giveUp(let reason, let resumes): end(reason, resumes: resumes)
        }
    }

    private func sendOffer() {
        guard let packets = server.packets() else {
            end("this router has more sockets than a take-over carries", resumes: false)
            return
        }
        do throws(SystemError) {
            let offer = TakeoverMessage.offer(version: TakeoverMessage.version, packets: packets.count)
            try PacketSocket.send(fd, offer.bytes)
            for packet in packets {
                try PacketSocket.send(fd, packet.message.bytes, descriptors: packet.descriptors)
            }
            RouterLog.write(.info, "take-over asked for, sockets sent", ["to": "\(process)"])
        } catch {
            end("cannot send the sockets: \(error)", resumes: false)
        }
    }

    private func end(_ reason: String, resumes: Bool) {
        guard !isClosed else { return }
        try? PacketSocket.send(fd, TakeoverMessage.abort(reason: reason).bytes)
        closeSource()
        server.ended(self)
        RouterLog.write(.warning, "take-over given up, serving on", ["process": "\(process)", "reason": reason])
        if resumes { server.resumeAccepting() }
    }
}
