import ControlKit
import EventLoop
import HTTP
package import ServiceKit
import Synchronization

/// Carries admin requests over a unix socket or TCP.
package enum AdminTransport {
    /// One client with one thread for the whole process, made with the first request.
    private static let client = Mutex<HTTPClient?>(nil)

    @Sendable
    package static func connect(_ address: AdminAddress, _ token: String?, _ timeout: Duration) -> AdminClient.Exchange
    {
        { request in
            let target = try socket(of: address)
            var fields: HTTPFields = ["accept": "application/json"]
            for (name, value) in request.fields.sorted(by: { $0.key < $1.key }) { fields.append(name, value) }
            if let token { fields.append("authorization", "Bearer " + token) }
            let message = HTTPRequest(
                method: request.method, target: request.target, fields: fields, body: request.body)
            do throws(HTTPClientError) {
                let response = try await shared().send(
                    message, to: target, timeout: timeout, receive: request.receive)
                return AdminResponse(
                    status: Int(response.status.rawValue), body: response.body,
                    retryAfter: response.fields["retry-after"].flatMap { Int($0) })
            } catch {
                throw failure(error, address, timeout)
            }
        }
    }

    /// The client that every command of this process shares.
    package static func shared() throws(HTTPClientError) -> HTTPClient {
        do {
            return try client.withLock { existing in
                if let existing { return existing }
                let made = try HTTPClient(name: "strangler-client")
                existing = made
                return made
            }
        } catch {
            throw HTTPClientError(.unreachable, "no thread for the client: \(error)")
        }
    }

    private static func socket(of address: AdminAddress) throws(OperationFailure) -> SocketAddress {
        let text: String
        switch address {
        case .unix(let path): text = "unix:" + path
        case .tcp(let host, let port): text = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
        if let socket = SocketAddress(text) { return socket }
        if case .tcp("localhost", let port) = address, let socket = SocketAddress("127.0.0.1:\(port)") { return socket }
        throw OperationFailure(
            .usage, "\(address) cannot be connected to: a numeric address or a socket of at most 107 bytes is needed")
    }

    private static func failure(
        _ error: HTTPClientError, _ address: AdminAddress, _ timeout: Duration
    ) -> any Error {
        switch error.code {
        case .unreachable:
            return OperationFailure(
                .unreachable, "no router answers at \(address)", fix: "start it: strangler-router --config routes.json",
                "or say where it is: --admin unix:PATH")
        case .timedOut:
            return OperationFailure(
                .timedOut, "the router at \(address) did not answer within \(Decimal.short(timeout.seconds)) s",
                fix: "strangler status shows what it serves; --timeout waits longer",
                "strangler doctor names its process: one that hangs may still do what it was asked for when it goes on")
        case .cancelled: return CancellationError()
        case .broken:
            var failure = OperationFailure(
                .unreachable, "the connection to \(address) broke: \(error)", fix: "strangler status, then try again")
            failure.isBroken = true
            return failure
        case .tooLarge, .invalidRequest:
            return OperationFailure(.failed, "\(address): \(error)")
        }
    }
}
