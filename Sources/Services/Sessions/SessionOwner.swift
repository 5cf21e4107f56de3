package import Arguments
import EventLoop
import Formats
import HTTP
import JSON
package import ServiceKit
import Synchronization
import Telemetry

/// The process that owns the sessions while this one only follows: asked about every token, so that a logout there
/// counts here within a second.
package final class SessionOwner: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// The owner's account document.
        case valid(document: [UInt8])
        case ended
        /// The owner cannot be asked now; what is known here must do.
        case unreachable
    }

    private let client: HTTPClient
    private let address: SocketAddress
    private let host: String
    /// Good verdicts by token, with the millisecond at which they were given.
    private let recent = Mutex<[String: (at: Int, document: [UInt8])]>([:])
    private static let validity = 1_000
    private static let capacity = 1_000

    package struct BadAddress: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a service is told of it on its command line.
    package static let option = OptionSpec.value(
        "owner", "URL", "process that owns the sessions, asked about each (default: none)")

    /// The owner at an address that came from the command line, with a client of its own.
    package static func named(_ url: String) throws -> SessionOwner {
        guard let owner = SessionOwner(url: url, client: try HTTPClient(name: "owner")) else {
            throw BadAddress(description: "--owner \(url): not an address like http://127.0.0.1:9000")
        }
        return owner
    }

    /// Nil when `url` is not `http://HOST:PORT`.
    package init?(url: String, client: HTTPClient) {
        guard url.hasPrefix("http://") else { return nil }
        var authority = url.dropFirst(7)
        if authority.last == "/" { authority.removeLast() }
        guard let address = SocketAddress(String(authority)) else { return nil }
        self.client = client
        self.address = address
        host = String(authority)
    }

    package func ask(token: String) async -> Verdict {
        let now = Timestamp.now().milliseconds
        if let known = recent.withLock({ $0[token] }), now - known.at < Self.validity {
            return .valid(document: known.document)
        }
        let request = HTTPRequest(
            target: "/api/auth/session", host: host, fields: ["authorization": "Bearer \(token)"])
        guard let response = try? await client.send(request, to: address, timeout: .seconds(2), limit: 64 << 10) else {
            return .unreachable
        }
        switch response.status {
        case .ok:
            recent.withLock { cache in
                if cache.count >= Self.capacity { cache = cache.filter { now - $0.value.at < Self.validity } }
                if cache.count < Self.capacity { cache[token] = (now, response.body) }
            }
            return .valid(document: response.body)
        case .unauthorized: return .ended
        default: return .unreachable
        }
    }

    /// Ends the session at the owner; false when that could not be confirmed.
    package func end(token: String) async -> Bool {
        forget(token: token)
        let request = HTTPRequest(
            method: "POST", target: "/api/auth/logout", host: host, fields: ["authorization": "Bearer \(token)"])
        let response = try? await client.send(request, to: address, timeout: .seconds(2), limit: 64 << 10)
        return response?.status.isSuccess ?? false
    }

    private func forget(token: String) { recent.withLock { $0[token] = nil } }
}
