import CLinux
import Glibc

/// System calls for a unix socket whose messages keep their borders (SOCK_SEQPACKET) and may carry descriptors. The
/// caller owns the descriptors it receives.
package enum PacketSocket {
    /// Descriptors that one message may carry; the kernel's own bound is 253.
    package static let descriptorLimit = 64

    /// The result of one receive.
    package enum Received: Equatable {
        /// A message, and the descriptors that came with it, which the caller must close.
        case message([UInt8], descriptors: [Int32])
        /// The peer has gone.
        case ended
        /// No message has come; on a blocking socket, not within its patience.
        case wouldBlock
    }

    package static func make(blocks: Bool) throws(SystemError) -> Int32 {
        let fd = linux_packet_socket(blocks ? 1 : 0)
        guard fd >= 0 else { throw SystemError("socket", linux_errno()) }
        return fd
    }

    /// Connects a blocking socket. A listener whose queue is full counts as a time-out.
    package static func connect(_ fd: Int32, to address: SocketAddress) throws(SystemError) {
        while address.withSockAddr({ Glibc.connect(fd, $0, $1) }) != 0 {
            let code = linux_errno()
            guard code == EINTR else { throw SystemError("connect", code) }
        }
    }

    /// How long one call on a blocking socket may wait.
    package static func setPatience(_ fd: Int32, milliseconds: Int32) throws(SystemError) {
        guard linux_set_patience(fd, milliseconds) == 0 else { throw SystemError("setsockopt", linux_errno()) }
    }

    /// Sends a whole message, or throws: nothing waits for a peer that does not read.
    package static func send(_ fd: Int32, _ bytes: [UInt8], descriptors: [Int32] = []) throws(SystemError) {
        while linux_send_descriptors(fd, bytes, bytes.count, descriptors, Int32(clamping: descriptors.count)) < 0 {
            let code = linux_errno()
            guard code == EINTR else { throw SystemError("sendmsg", code) }
        }
    }

    /// - Parameter limit: of the message; a longer one is an error (EMSGSIZE), and so are more descriptors than
    ///   `descriptorLimit`.
    package static func receive(_ fd: Int32, limit: Int) throws(SystemError) -> Received {
        var bytes = [UInt8](repeating: 0, count: limit)
        var descriptors = [Int32](repeating: -1, count: descriptorLimit)
        while true {
            var room = Int32(descriptorLimit)
            let count = linux_receive_descriptors(fd, &bytes, limit, &descriptors, &room)
            if count > 0 {
                return .message(Array(bytes.prefix(count)), descriptors: Array(descriptors.prefix(Int(room))))
            }
            if count == 0 {
                for descriptor in descriptors.prefix(Int(room)) { SystemCall.close(descriptor) }
                return .ended
            }
            switch linux_errno() {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            // The peer closed before it had read all that was sent to it.
            case ECONNRESET: return .ended
            case let code: throw SystemError("recvmsg", code)
            }
        }
    }

    /// The user and the process at the other end, as the kernel knows them (SO_PEERCRED).
    package static func peer(_ fd: Int32) throws(SystemError) -> (user: UInt32, process: Int32) {
        var user: UInt32 = 0
        var process: Int32 = 0
        guard linux_peer_credentials(fd, &user, &process) == 0 else { throw SystemError("getsockopt", linux_errno()) }
        return (user, process)
    }
}

extension SystemCall {
    /// Whether the descriptor is a listening socket.
    package static func isListening(_ fd: Int32) -> Bool { linux_is_listening(fd) != 0 }
}
