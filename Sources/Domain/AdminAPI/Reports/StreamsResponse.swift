/// Exchanges that are open for long, the oldest revision first.
package struct StreamsResponse: WireObject, Equatable {
    package static let kinds = ["tunnel", "stream", "download", "upload", "waiting"]

    /// That fit the filter.
    package var total = 0
    package var shown = 0
    package var streams: [Stream] = []

    package init() {}

    package init(total: Int, shown: Int, streams: [Stream]) {
        self.total = total
        self.shown = shown
        self.streams = streams
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("total", &total)
        try wire.member("shown", &shown)
        try wire.member("streams", &streams)
    }

    /// One of them.
    package struct Stream: WireObject, Equatable {
        package var route = ""
        package var side = ""
        package var kind = ""
        /// Since its head came.
        package var ageMilliseconds = 0
        /// Of the request's body, or through the tunnel.
        package var bytesIn = 0
        /// Of the response's body, or through the tunnel.
        package var bytesOut = 0
        /// Of the table that it began with.
        package var revision = 0
        /// Until the route's policy ends it; nil: it does not.
        package var endsInMilliseconds: Int?

        package init() {}

        package init(
            route: String, side: String, kind: String, ageMilliseconds: Int, bytesIn: Int, bytesOut: Int, revision: Int,
            endsInMilliseconds: Int?
        ) {
            self.route = route
            self.side = side
            self.kind = kind
            self.ageMilliseconds = ageMilliseconds
            self.bytesIn = bytesIn
            self.bytesOut = bytesOut
            self.revision = revision
            self.endsInMilliseconds = endsInMilliseconds
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("route", &route)
            try wire.word("side", &side, oneOf: SideName.all)
            try wire.word("kind", &kind, oneOf: StreamsResponse.kinds)
            try wire.member("age_ms", &ageMilliseconds)
            try wire.member("bytes_in", &bytesIn)
            try wire.member("bytes_out", &bytesOut)
            try wire.member("revision", &revision)
            try wire.member("ends_in_ms", &endsInMilliseconds)
        }
    }
}
