import JSON

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
    }

    static let groupLimit = 256
    static let nameLimit = 128
    /// The part of a reason that is kept.
    static let reasonLimit = 500
    /// Larger integers have no exact double.
    static let numberLimit = 9_007_199_254_740_991.0
    static let defaultLease: Int64 = 5_000

    var groups: [Group] = []
    /// Milliseconds for which the report holds: without another one by then, the agent counts as gone.
    var lease = Self.defaultLease

    init(groups: [Group], lease: Int64 = Self.defaultLease) {
        self.groups = groups
        self.lease = lease
    }

    init(_ request: AdminRequest) throws(AdminAnswerError) {
        let object = try request.object(["groups", "lease"])
        if let value = object["lease"] {
            guard let lease = value.string.flatMap(Self.lease) else {
                throw .problem(400, "bad_request", "lease is a time from 100ms to 999999ms, or from 1s to 999s")
            }
            self.lease = lease
        }
        guard let list = object["groups"], list.kind == .array, (1...Self.groupLimit).contains(list.count) else {
            throw .problem(400, "bad_request", "groups is a list of 1 to \(Self.groupLimit) groups")
        }
        for value in list.elements { groups.append(try Self.group(value)) }
    }

    private static func group(_ value: JSONValue) throws(AdminAnswerError) -> Group {
        let known = ["group", "state", "lag_rows", "lag_ms", "reason"]
        guard let members = value.object else { throw .problem(400, "bad_request", "a group is an object") }
        for member in members where !known.contains(member.key) {
            throw .problem(
                400, "bad_request", "unknown member \"\(member.key)\"; known are \(known.joined(separator: ", "))")
        }
        guard let name = value["group"]?.string, (1...nameLimit).contains(name.unicodeScalars.count) else {
            throw .problem(400, "bad_request", "group is a name of 1 to \(nameLimit) characters")
        }
        guard let state = value["state"]?.string.flatMap({ Group.State(rawValue: $0) }) else {
            let states = Group.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw .problem(400, "bad_request", "state is one of \(states)")
        }
        var group = Group(name: name, state: state)
        group.lagRows = try number(value["lag_rows"], "lag_rows")
        group.lagMilliseconds = try number(value["lag_ms"], "lag_ms")
        if let reason = value["reason"], !reason.isNull {
            guard let text = reason.string else { throw .problem(400, "bad_request", "reason is a text") }
            group.reason = text.isEmpty ? nil : String(text.unicodeScalars.prefix(reasonLimit).map(Character.init))
        }
        return group
    }

    private static func number(_ value: JSONValue?, _ name: String) throws(AdminAnswerError) -> Int64 {
        guard let value else { return 0 }
        // 1.0 and 1e3 are whole numbers too (JSON Schema, 4.2.3).
        guard let number = value.double, (0...numberLimit).contains(number), let whole = Int64(exactly: number) else {
            throw .problem(400, "bad_request", "\(name) is a whole number of at least 0")
        }
        return whole
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
