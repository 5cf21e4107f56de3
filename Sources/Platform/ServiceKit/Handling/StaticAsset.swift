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

    /// An asset that is not held in memory. A slow reader holds not even a piece of it: bytes for which the connection
    /// has no room are read again later.
    ///
    /// - Parameters:
    ///   - length: of the whole, in bytes.
    ///   - read: bytes from an offset on, at most the given count, at least one. An error breaks the response off.
    package init(
        length: Int, contentType: String, etag: String, cacheControl: String = "no-cache",
        read: @escaping @Sendable (_ offset: Int, _ count: Int) async throws -> [UInt8]
    ) {
        let body = ServiceResponse.Body.sized(UInt64(max(0, length))) { writer in
            var offset = 0
            var count = Self.firstPiece
            while offset < length {
                offset += try await Self.give(writer, count) { try await read(offset, min($0, length - offset)) }
                try await writer.room()
                // Each piece has a fixed cost, however long it is; the first is short so that the client gets it soon.
                count = min(count * 2, Self.largestPiece)
            }
        }
        self.init(body, contentType, etag, cacheControl)
    }

    /// The response with bytes that are stored elsewhere. A few are read before it begins, so that an error still gets
    /// a status of its own; many are read as they are taken, so that a slow reader costs no memory.
    package static func response(
        to request: ServiceRequest, length: Int, contentType: String, etag: String,
        read: @escaping @Sendable (_ offset: Int, _ count: Int) async throws -> [UInt8]
    ) async throws -> ServiceResponse {
        let asset = StaticAsset(length: length, contentType: contentType, etag: etag, read: read)
        var answer = asset.response(to: request)
        guard answer.status == .ok, length <= firstPiece else { return answer }
        let bytes = try await read(0, length)
        guard bytes.count == length else { throw Incomplete() }
        answer.body = .bytes(bytes)
        return answer
    }

    private static let firstPiece = 128 << 10
    private static let largestPiece = 1 << 20

    /// In a function of its own, so that the piece is gone when it returns.
    private static func give(
        _ writer: ServiceBodyWriter, _ count: Int, _ read: (Int) async throws -> [UInt8]
    ) async throws -> Int {
        let piece = try await read(count)
        guard !piece.isEmpty, piece.count <= count else { throw Incomplete() }
        return try await writer.offer(piece)
    }

    /// The bytes that were to be read are not there any more.
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
