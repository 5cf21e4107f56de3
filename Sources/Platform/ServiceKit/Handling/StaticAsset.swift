import HTTP

/// Bytes that never change while the process lives, with an ETag, answered 304 when the client has them.
package struct StaticAsset: Sendable {
    private let body: ServiceResponse.Body
    private let contentType: String
    private let etag: String
    private let cacheControl: String

    /// - Parameter etag: a strong validator without quotes, such as a digest of the bytes.
    package init(_ bytes: [UInt8], contentType: String, etag: String, cacheControl: String = "no-cache") {
        self.init(.bytes(bytes), contentType, etag, cacheControl)
    }

    /// An asset that is not held in memory: of a slow reader's only one piece is.
    ///
    /// - Parameters:
    ///   - length: of the whole, in bytes.
    ///   - read: the bytes from an offset on, as many as it likes but at least one. Asked for the next when the client has taken
    ///     most of the last. An error breaks the answer off.
    package init(
        length: Int, contentType: String, etag: String, cacheControl: String = "no-cache",
        read: @escaping @Sendable (Int) async throws -> [UInt8]
    ) {
        let body = ServiceResponse.Body.sized(UInt64(max(0, length))) { writer in
            var offset = 0
            while offset < length {
                let piece = try await read(offset)
                guard !piece.isEmpty, piece.count <= length - offset else { throw Incomplete() }
                offset += piece.count
                try await writer.write(piece)
            }
        }
        self.init(body, contentType, etag, cacheControl)
    }

    /// What was to be read is not there any more.
    private struct Incomplete: Error {}

    private init(_ body: ServiceResponse.Body, _ contentType: String, _ etag: String, _ cacheControl: String) {
        self.body = body
        self.contentType = contentType
        self.etag = "\"\(etag)\""
        self.cacheControl = cacheControl
    }

    package func response(to request: ServiceRequest) -> ServiceResponse {
        if let known = request.fields["if-none-match"], matches(known) {
            return ServiceResponse(.notModified).with("etag", etag).with("cache-control", cacheControl)
        }
        var response = ServiceResponse(.ok, contentType: contentType)
        response.body = body
        return response.with("etag", etag).with("cache-control", cacheControl).with("x-content-type-options", "nosniff")
    }

    /// `If-None-Match` compares weakly (RFC 9110 13.1.2).
    private func matches(_ list: String) -> Bool {
        list.split(separator: ",").contains { item in
            var tag = item.drop { $0 == " " }
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            while tag.last == " " { tag = tag.dropLast() }
            return tag == "*" || tag == etag
        }
    }
}
