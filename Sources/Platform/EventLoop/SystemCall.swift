import CLinux
import Glibc

/// The one door to the kernel: EINTR is retried, would-block is a value, everything else a typed error.
package enum SystemCall {
    package static func receive(
        _ fd: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> IOOutcome {
        while true {
            let count = linux_receive(fd, buffer.baseAddress, buffer.count)
            if count >= 0 { return .count(count) }
            switch linux_errno() {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: throw SystemError("recv", code)
            }
        }
    }

    package static func send(_ fd: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> IOOutcome {
        while true {
            let count = linux_send(fd, bytes.baseAddress, bytes.count)
            if count >= 0 { return .count(count) }
            switch linux_errno() {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: throw SystemError("send", code)
            }
        }
    }

    /// Both pieces in one call.
    package static func send(
        _ fd: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(SystemError) -> IOOutcome {
        while true {
            let count = linux_send2(fd, first.baseAddress, first.count, second.baseAddress, second.count)
            if count >= 0 { return .count(count) }
            switch linux_errno() {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: throw SystemError("sendmsg", code)
            }
        }
    }

    /// The next waiting connection and its peer; nil when there is none.
    package static func accept(_ listener: Int32) throws(SystemError) -> (fd: Int32, peer: SocketAddress)? {
        while true {
            var peer = SocketAddress()
            let fd = peer.withStorage { pointer, length in linux_accept(listener, pointer, &length) }
            if fd >= 0 { return (fd, peer) }
            switch linux_errno() {
            // The peer went away between its SYN and our accept. That is no failure of ours: the next connection is
            // tried (accept(2)).
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH: continue
            case EAGAIN: return nil
            case let code: throw SystemError("accept4", code)
            }
        }
    }

    package static func streamSocket(_ family: Int32) throws(SystemError) -> Int32 {
        let fd = linux_stream_socket(family)
        guard fd >= 0 else { throw SystemError("socket", linux_errno()) }
        return fd
    }

    /// Starts a connection; false means that it is under way and a writable event will tell.
    package static func connect(_ fd: Int32, to address: SocketAddress) throws(SystemError) -> Bool {
        let result = address.withSockAddr { Glibc.connect(fd, $0, $1) }
        if result == 0 { return true }
        switch linux_errno() {
        case EINPROGRESS, EINTR: return false
        case let code: throw SystemError("connect", code)
        }
    }

    package static func bind(_ fd: Int32, to address: SocketAddress) throws(SystemError) {
        guard address.withSockAddr({ Glibc.bind(fd, $0, $1) }) == 0 else { throw SystemError("bind", linux_errno()) }
    }

    package static func listen(_ fd: Int32, backlog: Int32) throws(SystemError) {
        guard Glibc.listen(fd, backlog) == 0 else { throw SystemError("listen", linux_errno()) }
    }

    package static func localAddress(_ fd: Int32) throws(SystemError) -> SocketAddress {
        var address = SocketAddress()
        let result = address.withStorage { pointer, length in
            getsockname(fd, pointer.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard result == 0 else { throw SystemError("getsockname", linux_errno()) }
        return address
    }

    package static func setOption(_ fd: Int32, level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
        guard linux_set_option(fd, level, option, value) == 0 else { throw SystemError("setsockopt", linux_errno()) }
    }

    /// Sets congestion control to Reno, for a socket whose other end is on this machine or a listener that only this
    /// machine reaches. Such a path has no bandwidth to be found out, and the model and pacing of BBR cost a sixth of
    /// the CPU of a large response. Every kernel has Reno and lets every user choose it; an error is ignored, and the
    /// socket keeps the system's setting.
    package static func relaxCongestionControl(_ fd: Int32) { _ = linux_set_congestion_control(fd, "reno") }

    /// Closes the descriptor. Errors are ignored: the descriptor is gone either way (close(2)).
    package static func close(_ fd: Int32) { _ = Glibc.close(fd) }

    /// Ends the sending direction. It is no error if the peer is gone already.
    package static func shutdownSending(_ fd: Int32) { _ = Glibc.shutdown(fd, Int32(SHUT_WR)) }

    /// Makes the next close send RST, so that the peer cannot take the end for a proper one.
    package static func resetOnClose(_ fd: Int32) { _ = linux_reset_on_close(fd) }
}

extension SystemCall {
    /// Whether a started connection is established, without waiting for the event that tells.
    package static func isConnected(_ fd: Int32) -> Bool { linux_is_connected(fd) != 0 }

    /// The pending error of a socket, which this call clears; 0 for none.
    package static func pendingError(_ fd: Int32) -> Int32 { linux_socket_error(fd) }

    /// Acknowledges at once what has come and what comes next (tcp(7), TCP_QUICKACK). A peer with Nagle's algorithm
    /// keeps its next small piece back until the last one is acknowledged, and the kernel would wait up to 40 ms for
    /// data to send along. The setting holds until we send.
    package static func acknowledgeNow(_ fd: Int32) { _ = linux_set_option(fd, Int32(IPPROTO_TCP), TCP_QUICKACK, 1) }

    /// Whether bytes that were written are still on this machine because the peer has no room for them.
    package static func hasUnsent(_ fd: Int32) -> Bool { linux_unsent_count(fd) > 0 }

    /// Whether bytes wait to be read; false when only the end of the stream does.
    package static func hasBytes(_ fd: Int32) -> Bool { linux_peek(fd) > 0 }

    /// Whether nothing waits to be read, neither a byte nor the end of the stream.
    package static func peekIsEmpty(_ fd: Int32) throws(SystemError) -> Bool {
        if linux_peek(fd) >= 0 { return false }
        switch linux_errno() {
        case EAGAIN, EINTR: return true
        case let code: throw SystemError("recv", code)
        }
    }
}
