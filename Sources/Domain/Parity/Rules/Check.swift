/// What a body rule asks of the two values at a path.
package enum Check: Sendable, Equatable {
    /// Same kind and same value; objects and arrays are walked. This holds where no rule says otherwise.
    case exact
    /// Not compared. The value may also be absent on one side.
    case ignore
    /// On both sides or on neither, with any value.
    case present
    /// The same JSON kind; nothing beneath is compared.
    case type
    /// Both are strings that the pattern describes wholly.
    case regex(TextPattern)
    /// Both are numbers within either tolerance.
    case number(absolute: Double, relative: Double)
    /// Both are RFC 3339 texts or both epochs, at most this far apart.
    case time(within: Duration)
    /// Both are identifiers that always stand for each other: see `IdentityMap`. Names of the same space share one map.
    case identity(space: String)
    /// Arrays as sets: order and repetition do not matter.
    case set
    /// Arrays as multisets: order does not matter.
    case multiset
    /// Arrays of objects that are matched by the value at this pointer inside each element.
    case keyed(by: [String])
    /// URLs compared without scheme, host and port; path segments that are identifiers go through the `IdentityMap`.
    case url

    /// Whether values beneath a container that it decides are looked at.
    var looksBeneath: Bool {
        switch self {
        case .ignore, .present, .type: false
        default: true
        }
    }

    /// The rule's name in a rule file and in a difference.
    package var name: String {
        switch self {
        case .exact: "exact"
        case .ignore: "ignore"
        case .present: "present"
        case .type: "type"
        case .regex: "regex"
        case .number: "num"
        case .time: "time"
        case .identity: "id"
        case .set: "set"
        case .multiset: "multiset"
        case .keyed: "by"
        case .url: "url-host"
        }
    }

    /// Every name that a rule file may say.
    package static let names = [
        "exact", "ignore", "present", "type", "regex", "num", "time", "id", "set", "multiset", "by", "url-host",
    ]
}

/// One body rule: the first whose path matches decides.
package struct BodyRule: Sendable, Equatable {
    package let path: PathPattern
    package let check: Check
    /// Where it is written; nil when it is built in.
    package let place: RulePlace?

    package init(path: PathPattern, check: Check, place: RulePlace? = nil) {
        self.path = path
        self.check = check
        self.place = place
    }
}
