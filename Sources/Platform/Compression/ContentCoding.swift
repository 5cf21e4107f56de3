/// Undoes the content codings of HTTP (RFC 9110 8.4.1) within a bound: what a client would see of a body.
package enum ContentCoding {
    package enum Failure: Error, Equatable {
        /// A coding that is not undone here; the name as it came, in lower case.
        case unknown(String)
        /// The bytes are not what the coding says.
        case malformed(coding: String, reason: String)
        /// More than was allowed would come out.
        case tooLarge(limit: Int)
    }

    /// No honest response is coded as often.
    private static let mostCodings = 4

    /// The names in `content-encoding`, in the order in which they were applied, without `identity`.
    package static func names(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { name in
            name.filter { $0 != " " && $0 != "\t" }.lowercased()
        }.filter { !$0.isEmpty && $0 != "identity" }
    }

    /// - Parameters:
    ///   - values: of `content-encoding`, one a field line.
    ///   - limit: most bytes that may come out of each coding.
    package static func decode(_ bytes: [UInt8], _ values: [String], limit: Int) throws(Failure) -> [UInt8] {
        let names = names(values)
        // What is not undone is told before what is malformed.
        for name in names where !["gzip", "x-gzip", "deflate"].contains(name) { throw .unknown(name) }
        guard names.count <= mostCodings else {
            throw .malformed(coding: names.joined(separator: ", "), reason: "coded \(names.count) times")
        }
        // A response without a body may name the coding that it would have (HEAD, 304).
        guard !bytes.isEmpty else { return bytes }
        var bytes = bytes
        for name in names.reversed() {
            bytes =
                name == "deflate"
                ? try deflated(bytes, limit) : try Inflater.inflate(bytes, .gzip, called: name, limit: limit)
        }
        return bytes
    }

    /// RFC 9110 means the zlib format; some servers send the bare one, and clients take both.
    private static func deflated(_ bytes: [UInt8], _ limit: Int) throws(Failure) -> [UInt8] {
        do throws(Failure) {
            return try Inflater.inflate(bytes, .zlib, called: "deflate", limit: limit)
        } catch {
            guard case .malformed = error, !Inflater.hasZlibHeader(bytes) else { throw error }
            return try Inflater.inflate(bytes, .raw, called: "deflate", limit: limit)
        }
    }
}
