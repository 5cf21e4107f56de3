import EventLoop
import HTTP
import Parity
import ServiceKit

/// Asks a side over HTTP and records what comes back, with the time it took.
struct SideClient: Sendable {
    private let client: HTTPClient
    /// For one exchange.
    private let timeout: Duration
    /// Largest body that is kept, as it comes.
    private static let mostBytes = 64 << 20

    init(client: HTTPClient, timeout: Duration) {
        self.client = client
        self.timeout = timeout
    }

    func ask(_ request: RenderedRequest, at place: SidePlace) async -> RecordedResponse {
        var fields: HTTPFields = ["user-agent": "strangler-parity", "accept": "*/*"]
        for line in request.headers { fields[line.name] = line.value }
        let clock = ContinuousClock()
        let start = clock.now
        do throws(HTTPClientError) {
            let response = try await client.send(
                HTTPRequest(
                    method: request.method, target: place.prefix + request.path, host: place.host, fields: fields,
                    body: request.body),
                to: place.address, timeout: timeout, limit: Self.mostBytes)
            let answer = RecordedResponse(
                status: Int(response.status.rawValue), headers: response.fields.map { ($0.name, $0.value) },
                body: .bytes(response.body), took: start.duration(to: clock.now))
            return ContentReading.undone(answer)
        } catch {
            switch error.code {
            case .timedOut: return .unanswered(.timedOut)
            case .tooLarge: return .unanswered(.tooLarge)
            case .unreachable, .broken, .invalidRequest, .cancelled: return .unanswered(.failed(error.description))
            }
        }
    }
}
