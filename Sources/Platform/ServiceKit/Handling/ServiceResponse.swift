package import HTTP
package import JSON

/// What a handler returns. `Content-Length`, `Date` and `Connection` are written by the connection.
package struct ServiceResponse: Sendable {
    package var status: HTTPStatus
    package var fields: HTTPFields
    package var body: Body

    package enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece as `stream`, with a `Content-Length` of this many bytes. It is not called for the
        /// response to a HEAD.
        case sized(UInt64, @Sendable (ServiceBodyWriter) async throws -> Void)
        /// Written piece by piece; each `write` waits until the peer took enough of what came before. Sent chunked
        /// (or until close to an HTTP/1.0 client). The writer throws when the client has gone.
        case stream(@Sendable (ServiceBodyWriter) async throws -> Void)
    }

    package init(_ status: HTTPStatus, body: [UInt8] = [], contentType: String? = nil) {
        self.status = status
        fields = HTTPFields()
        self.body = .bytes(body)
        if let contentType { fields.append("content-type", contentType) }
    }

    /// A JSON document, written by `build`.
    package static func json(
        _ status: HTTPStatus = .ok, _ build: (inout JSONWriter) -> Void
    ) -> ServiceResponse {
        var writer = JSONWriter()
        build(&writer)
        return ServiceResponse(status, body: writer.bytes, contentType: "application/json")
    }

    package static func text(_ status: HTTPStatus = .ok, _ text: String) -> ServiceResponse {
        ServiceResponse(status, body: Array(text.utf8), contentType: "text/plain; charset=utf-8")
    }

    package static func stream(
        _ status: HTTPStatus = .ok, contentType: String,
        _ write: @escaping @Sendable (ServiceBodyWriter) async throws -> Void
    ) -> ServiceResponse {
        var response = ServiceResponse(status, contentType: contentType)
        response.body = .stream(write)
        return response
    }

    /// The same response with one more field.
    package func with(_ name: String, _ value: String) -> ServiceResponse {
        var copy = self
        copy.fields.append(name, value)
        return copy
    }
}
