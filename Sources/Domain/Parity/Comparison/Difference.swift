/// How much a difference counts.
package enum Severity: String, Sendable {
    /// Shown, counted, and no reason to call two responses unequal.
    case warning = "warn"
    case mismatch
}

/// One place at which two answers are not equal.
package struct Difference: Sendable, Equatable {
    /// What kind of wrongness it is; named in reports, in JSON output and in tests.
    package enum Class: String, Sendable, CaseIterable {
        /// One side did not answer, or broke off.
        case outcome
        case status
        case contentType = "content-type"
        case header
        /// A member, element, header or cookie that only the left side has.
        case missing
        /// A member, element, header or cookie that only the right side has.
        case extra
        /// Another JSON kind at the same place: `null`, absent and empty are three things.
        case type
        case value
        /// The same elements in another order.
        case order
        /// Another number of elements.
        case length
        /// An identifier that stood for another one before, or for two at once.
        case identity
        /// The same member twice in one object.
        case duplicate
        case image
        /// A body that is no JSON where the other side's is.
        case syntax
        case text
        case bytes
        /// A response that came much later than the other side's.
        case delay
    }

    package let kind: Class
    package let severity: Severity
    /// The place: `status`, `header content-type`, or a JSON Pointer into the body; `body` for the whole of it.
    package let path: String
    /// What the left side has; `nil` when it has nothing there.
    package let left: String?
    package let right: String?
    /// The rule that was not kept, for instance `exact`, `time ±2s`.
    package let rule: String

    package init(
        _ kind: Class, at path: String, left: String?, right: String?, rule: String, severity: Severity = .mismatch
    ) {
        self.kind = kind
        self.severity = severity
        self.path = path
        self.left = left.map(Self.shortened)
        self.right = right.map(Self.shortened)
        self.rule = rule
    }

    /// A value is shown up to this many characters; the rest is counted.
    private static let longestShown = 200

    private static func shortened(_ text: String) -> String {
        // A character can hold unboundedly many scalars, so scalars are what is counted.
        let count = text.unicodeScalars.count
        guard count > longestShown else { return text }
        return String(text.unicodeScalars.prefix(longestShown)) + "… (\(count - longestShown) more)"
    }
}
