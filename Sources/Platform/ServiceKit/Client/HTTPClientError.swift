/// Why a request got no response.
package struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// No process listens there, or the connection could not be made. Nothing was sent.
        case unreachable
        /// No response came within the request's timeout.
        case timedOut
        /// The connection broke, or the response was malformed.
        case broken
        /// The response is larger than the caller allowed.
        case tooLarge
        /// The request could not be written: its method, target or host has a byte that does not belong there.
        case invalidRequest
        /// The task was cancelled.
        case cancelled
    }

    package let code: Code
    /// What happened, in a few words, with the address.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
