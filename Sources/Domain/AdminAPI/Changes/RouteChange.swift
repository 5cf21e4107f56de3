/// One difference between two documents, of the kinds that people watch.
package struct RouteChange: WireObject, Equatable {
    /// What may differ: whether the route is there, its percentages, or anything else of it.
    package static let fields = ["added", "removed", "percent", "mirror", "changed"]

    /// Id of the route.
    package var route = ""
    /// One of `fields`; the command's own records have words of their own besides.
    package var field = ""
    /// Percent; nil: there was none.
    package var before: Double?
    package var after: Double?

    package init() {}

    package init(route: String, field: String, before: Double? = nil, after: Double? = nil) {
        self.route = route
        self.field = field
        self.before = before
        self.after = after
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("route", &route)
        try wire.word("field", &field, oneOf: Self.fields)
        try wire.member("before", &before)
        try wire.member("after", &after)
    }
}
