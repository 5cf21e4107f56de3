/// The rows of a context in the mode `reads`, as the router was told of them.
package struct DataContext: WireObject, Equatable {
    package static let states = ["unknown", "following", "stalled"]
    package static let actions = ["rollback", "hold"]

    package var context = ""
    /// Of data.json: carries the rows.
    package var group = ""
    /// `unknown`: nobody has reported since the start.
    package var state = ""
    /// Why it is stalled.
    package var reason: String?
    /// RFC 3339, UTC: of the stall.
    package var since: String?
    /// Of the last report.
    package var lagRows: Int?
    /// Age of the oldest change that was not carried yet.
    package var lagMilliseconds: Int?
    package var reportAgeMilliseconds: Int?
    /// `contexts.NAME.data.maxLag`.
    package var maxLagMilliseconds = 0
    package var onStall = ""
    /// Routes of the context whose percentage is above 0.
    package var readers: [String] = []

    package init() {}

    package init(
        context: String, group: String, state: String, reason: String?, since: String?, lagRows: Int?,
        lagMilliseconds: Int?, reportAgeMilliseconds: Int?, maxLagMilliseconds: Int, onStall: String,
        readers: [String]
    ) {
        self.context = context
        self.group = group
        self.state = state
        self.reason = reason
        self.since = since
        self.lagRows = lagRows
        self.lagMilliseconds = lagMilliseconds
        self.reportAgeMilliseconds = reportAgeMilliseconds
        self.maxLagMilliseconds = maxLagMilliseconds
        self.onStall = onStall
        self.readers = readers
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("context", &context)
        try wire.member("group", &group)
        try wire.word("state", &state, oneOf: Self.states)
        try wire.member("reason", &reason)
        try wire.member("since", &since)
        try wire.member("lag_rows", &lagRows)
        try wire.member("lag_ms", &lagMilliseconds)
        try wire.member("report_age_ms", &reportAgeMilliseconds)
        try wire.member("max_lag_ms", &maxLagMilliseconds)
        try wire.word("on_stall", &onStall, oneOf: Self.actions)
        try wire.member("readers", &readers)
    }
}

/// All of them.
package struct DataResponse: WireObject, Equatable {
    package var data: [DataContext] = []

    package init() {}

    package init(data: [DataContext]) {
        self.data = data
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("data", &data)
    }
}

/// What a report of the agent means to the router.
package struct DataReportedResponse: WireObject, Equatable {
    package var isDryRun = false
    /// Groups of the report that no context in the mode `reads` names.
    package var unknown: [String] = []
    package var data: [DataContext] = []
    /// Of the router, when it answered: a group that then has everything which its source has committed says so with
    /// the next report. It means nothing to anybody else.
    package var mark = ""
    /// Groups of the report whose word users wait for: their reads go to legacy until then.
    package var awaited: [String] = []

    package init() {}

    package init(isDryRun: Bool, unknown: [String], data: [DataContext], mark: String, awaited: [String]) {
        self.isDryRun = isDryRun
        self.unknown = unknown
        self.data = data
        self.mark = mark
        self.awaited = awaited
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("dry_run", &isDryRun)
        try wire.member("unknown", &unknown)
        try wire.member("data", &data)
        try wire.member("mark", &mark)
        try wire.member("awaited", &awaited)
    }
}
