/// Something that a request may say beside its body.
package struct AdminParameter: Equatable, Sendable {
    package enum Place: String, Sendable {
        case query, header
    }

    package enum Kind: Equatable, Sendable {
        /// `true`, `1`, `false` or `0`; it is false when it is left out.
        case flag
        case words([String])
        case whole(ClosedRange<Int>)
        case text
        /// Texts: it may be given several times.
        case texts
    }

    package let name: String
    package let kind: Kind
    package var place = Place.query
    package private(set) var isRequired = false

    private init(_ name: String, _ kind: Kind = .text, in place: Place = .query) {
        (self.name, self.kind, self.place) = (name, kind, place)
    }

    var required: AdminParameter {
        var parameter = self
        parameter.isRequired = true
        return parameter
    }

    // MARK: Of changes

    package static let ifMatch = AdminParameter("If-Match", in: .header)
    package static let dryRun = AdminParameter("dry_run", .flag)
    package static let actor = AdminParameter("actor")
    package static let reason = AdminParameter("reason")
    /// Readers may move although the rows do not follow.
    package static let despiteData = AdminParameter("despite_data", .flag)
    /// Rollbacks that are not on disk may be undone.
    package static let overRollback = AdminParameter("over_rollback", .flag)
    /// What the caller calls the change, for the record.
    package static let verb = AdminParameter("verb", .words(["apply", "undo"]))

    // MARK: Of reading

    package static let ifNoneMatch = AdminParameter("If-None-Match", in: .header)
    /// Latencies bucket by bucket.
    package static let latency = AdminParameter("latency", .flag)
    package static let after = AdminParameter("after", .whole(0...9_007_199_254_740_991))
    package static let verbose = AdminParameter("verbose")

    // MARK: Of a request to explain

    package static let method = AdminParameter("method")
    package static let path = AdminParameter("path")
    package static let host = AdminParameter("host")
    package static let header = AdminParameter("header", .texts)
    package static let clientIP = AdminParameter("client_ip")

    // MARK: Filters

    package static let route = AdminParameter("route")
    package static let side = AdminParameter("side", .words(SideName.all))
    package static let kind = AdminParameter("kind", .words(StreamsResponse.kinds))
    package static let minimumAge = AdminParameter("min_age")
    package static let status = AdminParameter("status")
    package static let tappedMethod = AdminParameter(
        "method",
        .words(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "OTHER"]))
    package static let pathPrefix = AdminParameter("path_prefix")
    package static let minimumDuration = AdminParameter("min_duration")
    /// `1/100`: one of a hundred.
    package static let sample = AdminParameter("sample")
    package static let limit = AdminParameter("limit", .whole(1...1_000_000))
    package static let streamLimit = AdminParameter("limit", .whole(1...1_000))
}
