import Glibc

/// A system call that failed: which one, and why. `EAGAIN` never becomes one of these: would-block is a value.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// Name of the call, as in the manual.
    package var call: StaticString
    /// errno.
    package var code: Int32

    package init(_ call: StaticString, _ code: Int32) {
        self.call = call
        self.code = code
    }

    package static func == (left: SystemError, right: SystemError) -> Bool {
        left.code == right.code && left.call.description == right.call.description
    }

    package var description: String { "\(call): \(String(cString: strerror(code)))" }

    /// The process or the system is out of descriptors or buffers; it may pass by itself.
    package var isExhaustion: Bool { code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM }
    /// The peer reset the connection.
    package var isReset: Bool { code == ECONNRESET || code == EPIPE }
    /// Nobody listens there.
    package var isRefused: Bool { code == ECONNREFUSED || code == ENOENT }
}

/// The result of a read or write on a non-blocking descriptor.
package enum IOOutcome: Equatable {
    /// So many bytes were read or written; for a read, 0 is the end of the stream.
    case count(Int)
    /// Nothing now: wait for the next event.
    case wouldBlock
}
