import EventLoop
import HTTP
import ServiceKit
import Testing

/// A request as a handler sees it; its body, when there is one, is read on `loop`.
func request(
    _ method: HTTPMethod = .get, fields: HTTPFields = [:], body: String = "", on loop: Loop? = nil
) throws -> ServiceRequest {
    ServiceRequest(
        method: method, path: "/x", fields: fields, peer: try #require(SocketAddress("127.0.0.1:1")),
        body: ServiceBody(loop: try loop ?? Loop(), complete: Array(body.utf8)))
}
