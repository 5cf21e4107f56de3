import EventLoop

/// A process that asks to take over.
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
            perform(machine.received(nil, refusal: nil))
            return
        }
        switch received {
        case .wouldBlock: break
        case .ended: perform(machine.peerClosed())
        case .message(let bytes, let descriptors):
            // The new process has no descriptors to send.
            for descriptor in descriptors { SystemCall.close(descriptor) }
            let message = descriptors.isEmpty ? TakeoverMessage(bytes) : nil
            perform(machine.received(message, refusal: server.refusal(for: self)))
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
                // A rollback that was under way may have ended without being written where a start would find it.
                if let refusal = server.refusal(for: self) {
                    perform(machine.withdrawn(refusal))
                } else {
                    perform(machine.acceptingStopped())
                }
            }
        case .release:
            armDeadline()
            // The next event reports a peer that has gone.
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
