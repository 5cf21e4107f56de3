import AdminAPI

/// `POST /v1/data`: the state of the groups of `data.json`, as reported by the agent that carries them.
struct DataReport: Equatable {
    /// One group, which is watched for the contexts that name it.
    struct Group: Equatable {
        enum State: String, CaseIterable {
            case running, copying, proving, incomplete, stopped
            case notCreated = "not-created"
            case unreadable
        }

        var name: String
        var state: State
        var lagRows: Int64 = 0
        /// The age of the oldest change that has not been carried yet.
        var lagMilliseconds: Int64 = 0
        var reason: String?
        /// A mark up to which the follower has everything; nil: nothing is said of that.
        var asOf: RouterMoment?
    }

    static let groupLimit = 256
    static let nameLimit = 128
    /// The part of a reason that is kept.
    static let reasonLimit = 500
    static let defaultLease: Int64 = 5_000

    var groups: [Group] = []
    /// Milliseconds for which the report holds: without another one by then, the agent counts as gone.
    var lease = Self.defaultLease
    /// Milliseconds for which the response may wait for a write; nil: it comes at once.
    var wait: Int64?
    static let longestWait: Int64 = 10_000

    init(groups: [Group], lease: Int64 = Self.defaultLease) {
        self.groups = groups
        self.lease = lease
    }

    init(_ request: AdminRequest) throws(AdminAnswerError) {
        let told = try request.read(DataReportRequest.self)
        if let text = told.lease {
            guard let lease = Self.lease(text) else {
                throw .problem(400, "bad_request", "lease is a time from 100ms to 999999ms, or from 1s to 999s")
            }
            self.lease = lease
        }
        if let text = told.wait {
            guard let wait = Self.lease(text), wait <= Self.longestWait else {
                throw .problem(400, "bad_request", "wait is a time from 100ms to 10s")
            }
            self.wait = wait
        }
        guard (1...Self.groupLimit).contains(told.groups.count) else {
            throw .problem(400, "bad_request", "groups is a list of 1 to \(Self.groupLimit) groups")
        }
        for group in told.groups { groups.append(try Self.group(group)) }
    }

    private static func group(_ told: DataReportRequest.Group) throws(AdminAnswerError) -> Group {
        guard (1...nameLimit).contains(told.group.unicodeScalars.count) else {
            throw .problem(400, "bad_request", "group is a name of 1 to \(nameLimit) characters")
        }
        guard let state = Group.State(rawValue: told.state) else {
            let states = DataReportRequest.states.joined(separator: ", ")
            throw .problem(400, "bad_request", "state is one of \(states)")
        }
        var group = Group(name: told.group, state: state)
        group.lagRows = Int64(told.lagRows?.value ?? 0)
        group.lagMilliseconds = Int64(told.lagMilliseconds?.value ?? 0)
        if let text = told.reason, !text.isEmpty {
            group.reason = String(text.unicodeScalars.prefix(reasonLimit).map(Character.init))
        }
        // A mark in another form is one of another release: no mark of ours.
        group.asOf = told.asOf.flatMap { mark in Array(mark.utf8).withUnsafeBytes { RouterMoment($0) } }
        return group
    }

    /// `5s`, `1500ms`: as the pattern of docs/admin.openapi.json says.
    static func lease(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let first = digits.first, first != "0", let number = Int64(digits) else { return nil }
        switch (text.dropFirst(digits.count), digits.count) {
        case ("ms", 3...6): return number
        case ("s", 1...3): return number * 1000
        default: return nil
        }
    }
}
