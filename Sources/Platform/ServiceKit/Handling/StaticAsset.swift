import HTTP

/// Bytes that never change while the process lives, with an ETag, answered 304 when the client has them.
package struct StaticAsset: Sendable {
    private let bytes: [UInt8]
    private let contentType: String
    private let etag: String
    private let cacheControl: String

    /// - Parameter etag: a strong validator without quotes, such as a digest of the bytes.
    package init(_ bytes: [UInt8], contentType: String, etag: String, cacheControl: String = "no-cache") {
        self.bytes = bytes
        self.contentType = contentType
        self.etag = "\"\(etag)\""
        self.cacheControl = cacheControl
    }

    package func response(to request: ServiceRequest) -> ServiceResponse {
        if let known = request.fields["if-none-match"], matches(known) {
            return ServiceResponse(.notModified).with("etag", etag).with("cache-control", cacheControl)
        }
        return ServiceResponse(.ok, body: bytes, contentType: contentType)
            .with("etag", etag).with("cache-control", cacheControl).with("x-content-type-options", "nosniff")
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
