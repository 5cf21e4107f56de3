/// One thing that would break, or may break, when the tables of a context change their owner.
package struct LintFinding: Sendable, Equatable {
    package enum Severity: String, Sendable, Equatable {
        /// The migration cannot be right while it is there.
        case error
        /// A person must look at it.
        case warning
    }

    /// Stable names, for scripts.
    package enum Code: String, Sendable, Equatable, CaseIterable {
        case transactionCrosses = "transaction-crosses"
        case transactionOutside = "transaction-outside"
        case readsAcross = "reads-across"
        case replace
        case replaceConstraint = "replace-constraint"
        case unkeyedWrite = "unkeyed-write"
        case insertWithoutOwner = "insert-without-owner"
        case ownerChanges = "owner-changes"
        case schemaChange = "schema-change"
        case noTable = "no-table"
        case notATable = "not-a-table"
        case notUnderstood = "not-understood"
        case noPrimaryKey = "no-primary-key"
        case nullKey = "null-key"
        case noOwner = "no-owner"
        case indirectOwner = "indirect-owner"
        case nullOwner = "null-owner"
        case sharedTable = "shared-table"
        case allocatedID = "allocated-id"
        case uniqueAcrossOwners = "unique-across-owners"
        case generatedColumn = "generated-column"
        case foreignKeyCrosses = "foreign-key-crosses"
        case triggerCrosses = "trigger-crosses"
        case triggerFires = "trigger-fires"
    }

    package var code: Code
    package var severity: Severity
    /// The store or the file of statements.
    package var file: String
    /// Where in the file of statements; nil in a store.
    package var place: SQLPlace?
    /// `table` or `table.column`; a transaction's tables.
    package var subject: String
    package var what: String
    /// The contexts that it concerns, by name.
    package var contexts: [String]
    /// How often it was seen.
    package var count = 1

    /// `FILE:LINE:COLUMN`, or `FILE: table.column`.
    package var location: String {
        place.map { "\(file):\($0.line):\($0.column)" } ?? "\(file): \(subject)"
    }

    /// How it is cured.
    package var cure: String {
        switch code {
        case .transactionCrosses:
            "do it in two transactions, the second one repeatable; or let the tables move as one context"
        case .transactionOutside:
            "carry that table with the context, or write it in a transaction of its own"
        case .readsAcross:
            "let the context carry what it reads, as a follower; or ask the owner through its API"
        case .replace, .replaceConstraint:
            "INSERT … ON CONFLICT(key) DO UPDATE; or PRAGMA recursive_triggers = ON in every connection that writes"
        case .unkeyedWrite:
            "name the owner or the primary key in WHERE; or do it owner by owner; or keep the table on one side (mode authority)"
        case .insertWithoutOwner: "name the owner's column in the INSERT"
        case .ownerChanges: "insert the row for the new owner and delete the old one, each where its owner is"
        case .schemaChange: "change schemas between moves, in both stores, then run strangler data create"
        case .noTable: "correct its name in the data file, or name the right store"
        case .notATable: "carry the tables behind it, and make it anew in the service's store"
        case .notUnderstood: "write the index or table in a simpler form"
        case .noPrimaryKey: "add a UNIQUE index over NOT NULL columns and name them as the key in the data file"
        case .nullKey: "declare the key NOT NULL; rows whose key is NULL cannot be carried"
        case .noOwner:
            "add a column that names the owner; or say which one does: --key TABLE.COLUMN; or keep it on one side (mode authority)"
        case .indirectOwner: "add the owner's column to the table, so that the store itself can tell whose row it is"
        case .nullOwner: "declare it NOT NULL; a row without an owner belongs to neither side"
        case .sharedTable: "decide which context owns it; the others follow it and never write it"
        case .allocatedID:
            "let the application make ids that no other side can make (UUIDv7, ULID), or create rows on one side only"
        case .uniqueAcrossOwners:
            "write this value on one side only: routes that do move from 0 to 100 in one step (mode authority)"
        case .generatedColumn: "leave it out of the target, or carry it into an ordinary column"
        case .foreignKeyCrosses:
            "delete and change the children by their own context; keep the value without REFERENCES"
        case .triggerCrosses: "let the application do it in the other context, after its own transaction"
        case .triggerFires:
            "decide whether it derives a value (it may fire on carried rows) or does business (guard it)"
        }
    }

    package init(
        _ code: Code, _ severity: Severity, file: String, place: SQLPlace? = nil, subject: String, what: String,
        contexts: [String]
    ) {
        self.code = code
        self.severity = severity
        self.file = file
        self.place = place
        self.subject = subject
        self.what = what
        self.contexts = contexts
    }
}

/// Findings, each once however often it is met, and no more than a person can read.
package struct LintFindings: Sendable, Equatable {
    /// Distinct findings that are kept.
    package static let most = 1_000

    private var kept: [LintFinding] = []
    private var places: [String: Int] = [:]
    /// Distinct findings, or repetitions of them, for which there was no room.
    package private(set) var omitted = 0

    package init() {}

    package mutating func add(_ finding: LintFinding) {
        let key = [finding.code.rawValue, finding.file, finding.subject, finding.what].joined(separator: "\u{1}")
        if let place = places[key] {
            kept[place].count += 1
        } else if kept.count < Self.most {
            places[key] = kept.count
            kept.append(finding)
        } else {
            omitted += 1
        }
    }

    /// Errors first, each kind together, in the order of their places.
    package var sorted: [LintFinding] {
        let order = Dictionary(uniqueKeysWithValues: LintFinding.Code.allCases.enumerated().map { ($1, $0) })
        return kept.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            if one.severity != other.severity { return one.severity == .error }
            if one.code != other.code { return order[one.code, default: 0] < order[other.code, default: 0] }
            return left.offset < right.offset
        }.map(\.element)
    }
}
