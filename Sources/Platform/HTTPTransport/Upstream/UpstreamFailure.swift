package import EventLoop
package import HTTP

/// Why an exchange with an upstream failed, and how far it had come: enough to decide on a retry and on the response.
package struct UpstreamFailure: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Nobody listens there. Nothing was sent.
        case connectRefused
        case connectTimedOut
        /// Unreachable, out of descriptors, …
        case connectFailed(SystemError)
        /// It closed hard, or sending failed.
        case reset
        /// It closed before the response was complete.
        case closedEarly
        /// No byte of a response in time.
        case responseTimedOut
        /// It stopped inside the response, or stopped taking the request.
        case idleTimedOut
        /// What it sent is not a valid response.
        case malformed(HTTPViolation)
        /// 101 that nobody asked for.
        case unexpectedUpgrade
        case tooManyInformational
        /// We were told to send more or less body than announced.
        case requestBodyMismatch
    }

    package let kind: Kind
    /// Bytes of this request that were handed to the kernel.
    package let requestBytesSent: UInt64
    /// Any byte of a response came, a 1xx included.
    package let anyResponseByte: Bool
    /// `upstreamHead` was called.
    package let headDelivered: Bool
    /// It was a pooled connection: the upstream may simply have closed it as idle.
    package let wasReused: Bool
    /// With `.malformed`: the line of the head, counted from 1; 0: no single one.
    package var line = 0

    /// The rule that the response breaks, when it came but is no valid one.
    package var violation: HTTPViolation? {
        switch kind {
        case .malformed(let violation): violation
        case .unexpectedUpgrade: .upgradeUnasked
        case .tooManyInformational: .interimTooMany
        case .connectRefused, .connectTimedOut, .connectFailed, .reset, .closedEarly, .responseTimedOut, .idleTimedOut,
            .requestBodyMismatch:
            nil
        }
    }

    /// Nothing reached the upstream: any method may be tried again.
    package var nothingSent: Bool { requestBytesSent == 0 && !anyResponseByte }
    /// A connection that had been idle ended without a word: it was old, and that says nothing about the upstream.
    package var isEndOfOldConnection: Bool {
        guard wasReused, !anyResponseByte else { return false }
        switch kind {
        case .reset, .closedEarly: return true
        case .connectRefused, .connectTimedOut, .connectFailed, .responseTimedOut, .idleTimedOut, .malformed,
            .unexpectedUpgrade, .tooManyInformational, .requestBodyMismatch:
            return false
        }
    }
}
