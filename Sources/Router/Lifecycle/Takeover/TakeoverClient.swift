import EventLoop
import Glibc

/// The new process's shell of a take-over. Its calls block, because the process has nothing else to do meanwhile.
final class TakeoverClient {
    private let fd: Int32
    private var claim = TakeoverClaim()
    var sockets = InheritedSockets()
    /// Of the running router.
    let process: Int32

    private static let patienceMilliseconds: Int32 = 10_000

    /// Asks the router behind `address` for its sockets; nil when none listens there.
    static func begin(_ address: SocketAddress) throws(RouterProcess.StartFailure) -> TakeoverClient? {
        do throws(SystemError) {
            let fd = try PacketSocket.make(blocks: true)
            do throws(SystemError) {
                try PacketSocket.setPatience(fd, milliseconds: patienceMilliseconds)
                try PacketSocket.connect(fd, to: address)
                let (user, process) = try PacketSocket.peer(fd)
                guard user == geteuid() else {
                    // Another user may have put a socket there, whose program would then decide who gets our clients.
                    throw SystemError("connect (another user's router)", EPERM)
                }
                return try TakeoverClient(fd, process: process)
            } catch {
                SystemCall.close(fd)
                throw error
            }
        } catch {
            if error.isRefused { return nil }
            throw failure("\(address): \(error)")
        }
    }

    private init(_ fd: Int32, process: Int32) throws(SystemError) {
        self.fd = fd
        self.process = process
        try PacketSocket.send(fd, TakeoverMessage.claim(version: TakeoverMessage.version).bytes)
    }

    deinit { SystemCall.close(fd) }

    /// Waits until every socket is here.
    func collect() throws(RouterProcess.StartFailure) {
        while true {
            switch try next() {
            case .wait, .keep: continue
            case .prepare: return
            case .serve, .settled: preconditionFailure("a take-over cannot be over before it was prepared")
            case .fail(let reason): throw Self.failure(reason)
            }
        }
    }

    /// Says that this process is ready, and waits for its turn; `serve` is to accept. Returns when the other one has
    /// let go.
    func finish(_ serve: () -> Void) throws(RouterProcess.StartFailure) {
        sockets.closeRest()
        claim.prepared()
        say(.ready(groups: sockets.kept))
        while true {
            switch try next() {
            case .wait, .keep, .prepare: continue
            case .serve:
                serve()
                say(.serving)
            case .settled: return
            case .fail(let reason): throw Self.failure(reason)
            }
        }
    }

    /// The next receive finds out when the other router has gone.
    private func say(_ message: TakeoverMessage) { try? PacketSocket.send(fd, message.bytes) }

    private func next() throws(RouterProcess.StartFailure) -> TakeoverClaim.Action {
        switch try receive() {
        case .wouldBlock: return claim.timedOut()
        case .ended: return claim.peerClosed()
        case .message(let bytes, let descriptors):
            let message = TakeoverMessage(bytes)
            let action = claim.received(message, descriptors: descriptors.count)
            switch action {
            case .keep, .prepare:
                guard let message, sockets.add(message, descriptors) else {
                    throw Self.failure("the running router sent something else than its listening sockets")
                }
            case .wait, .serve, .settled, .fail:
                for descriptor in descriptors { SystemCall.close(descriptor) }
            }
            return action
        }
    }

    private func receive() throws(RouterProcess.StartFailure) -> PacketSocket.Received {
        var resets = 0
        while true {
            do throws(SystemError) {
                return try PacketSocket.receive(fd, limit: TakeoverMessage.sizeLimit)
            } catch {
                // The other router closed before it had read our last message. The kernel reports that first, and then
                // the messages sent before.
                resets += 1
                guard error.isReset else { throw Self.failure("\(error)") }
                if resets > 1 { return .ended }
            }
        }
    }

    /// The exit status 69: no take-over is possible, and the other router serves on.
    static func failure(_ reason: String) -> RouterProcess.StartFailure {
        .init(message: "cannot take over: \(reason)", status: 69)
    }
}
