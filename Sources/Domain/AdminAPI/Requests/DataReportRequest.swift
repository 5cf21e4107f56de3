/// How the groups of data.json stand, as their agent reports it.
package struct DataReportRequest: WireRequest, Equatable {
    package static let states = [
        "running", "copying", "proving", "incomplete", "stopped", "not-created", "unreadable",
    ]

    package var groups: [Group] = []
    /// How long the report holds, such as `5s`.
    package var lease: String?
    /// How long the response may wait for a write that a group is to be asked about, such as `1s`; nil: it comes at
    /// once.
    package var wait: String?

    package init() {}

    package init(groups: [Group], lease: String?, wait: String? = nil) {
        self.groups = groups
        self.lease = lease
        self.wait = wait
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("groups", &groups)
        try wire.optional("lease", &lease)
        try wire.optional("wait", &wait)
    }

    /// One of them.
    package struct Group: WireRequest, Equatable {
        package var group = ""
        package var state = ""
        /// nil: none.
        package var lagRows: WholeNumber?
        /// Age of the oldest change that was not carried yet.
        package var lagMilliseconds: WholeNumber?
        package var reason: String?
        /// The newest mark of this router's that the agent had before it last read the source, and up to which the
        /// target has everything.
        package var asOf: String?

        package init() {}

        package init(
            group: String, state: String, lagRows: Int, lagMilliseconds: Int, reason: String?, asOf: String? = nil
        ) {
            self.asOf = asOf
            self.group = group
            self.state = state
            self.lagRows = WholeNumber(lagRows)
            self.lagMilliseconds = WholeNumber(lagMilliseconds)
            self.reason = reason
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("group", &group)
            try wire.word("state", &state, oneOf: DataReportRequest.states)
            // It may be null as well as left out.
            var told: String?? = .some(reason)
            try wire.optional("reason", &told)
            reason = told ?? nil
            try wire.optional("lag_rows", &lagRows)
            try wire.optional("lag_ms", &lagMilliseconds)
            try wire.optional("as_of", &asOf)
        }
    }
}
