/// One of the two stores of a group.
package enum StoreSide: String, Sendable, CaseIterable {
    /// The store that was there first: what nobody else owns is its own.
    case monolith = "A"
    case service = "B"
}

/// Who may write the rows of a table in one store, and under which name its changes are noted.
package struct WriteRule: Sendable, Equatable {
    package enum Ownership: Sendable, Equatable {
        /// This store writes every row: the mode `reads`, and catalogues at the monolith. Nothing is refused.
        case open
        /// A row belongs to the owner of the bucket of the key in this column of the store.
        case byKey(String)
        /// One side owns every row.
        case whole
        /// This store writes none: catalogues at a service.
        case never

        /// How it is written down in `_sf_tbl`.
        package var text: String {
            switch self {
            case .open: "open"
            case .byKey(let column): "key \(column)"
            case .whole: "whole"
            case .never: "never"
            }
        }

        package init?(text: String) {
            switch text {
            case "open": self = .open
            case "whole": self = .whole
            case "never": self = .never
            case _ where text.hasPrefix("key "): self = .byKey(String(text.dropFirst(4)))
            default: return nil
            }
        }

        var isPerKey: Bool { if case .byKey = self { true } else { false } }
        var hasSeveralWriters: Bool { isPerKey || self == .whole }
    }

    /// The group whose ranges decide.
    package var group: String
    package var side: StoreSide
    /// The store's identity: the origin of what is written there.
    package var store: String
    package var ownership: Ownership

    package init(group: String, side: StoreSide, store: String, ownership: Ownership) {
        self.group = group
        self.side = side
        self.store = store
        self.ownership = ownership
    }

    /// The user's key of a row, as the router hashes it.
    /// - Parameter row: `NEW`, `OLD` or the table's name.
    func key(_ row: String) -> String? {
        guard case .byKey(let column) = ownership else { return nil }
        return "CAST(\(row).\(CaptureSQL.identifier(column)) AS TEXT)"
    }

    /// Whether this store may write a row, as an SQL expression of 0 and 1.
    ///
    /// A key that is not listed is the monolith's: so a user who comes to be there needs nobody's leave.
    func mayWrite(_ row: String) -> String {
        switch ownership {
        case .open: "1"
        case .never: "0"
        case .whole: "coalesce(\(range(isMine, "lo = 0")), \(standard))"
        case .byKey: Self.mayWrite(key: key(row) ?? "NULL", group: group, side: side)
        }
    }

    /// Whether a side may write the rows of a user.
    /// - Parameter key: an SQL expression of the user's key.
    package static func mayWrite(key: String, group: String, side: StoreSide) -> String {
        let rule = WriteRule(group: group, side: side, store: "", ownership: .open)
        return "coalesce(\(rule.listed(rule.isMine, key)), \(rule.standard))"
    }

    /// Whether rows are a side's, fenced or not.
    /// - Parameter key: an SQL expression of the user's key; nil where one side owns the whole table.
    static func belongs(_ key: String?, to side: StoreSide, group: String) -> String {
        let rule = WriteRule(group: group, side: side, store: "", ownership: .whole)
        let isOwner = "owner = \(CaptureSQL.literal(side.rawValue))"
        let found = key.map { rule.listed(isOwner, $0) } ?? rule.range(isOwner, "lo = 0")
        return "coalesce(\(found), \(rule.standard))"
    }

    /// Whether a side may write a table that one side owns as a whole, as a statement.
    package static func mayWriteAll(group: String, side: StoreSide) -> String {
        "SELECT \(WriteRule(group: group, side: side, store: "", ownership: .whole).mayWrite(""))"
    }

    /// The epoch of what is written, as an SQL expression.
    func epoch(_ row: String) -> String {
        let found = key(row).map { listed("epoch", $0) } ?? range("epoch", "lo = 0")
        return "coalesce(\(found), \(CaptureSQL.unlistedEpoch))"
    }

    private var isMine: String { "owner = \(CaptureSQL.literal(side.rawValue)) AND state = 'own'" }
    private var standard: Int { side == .monolith ? 1 : 0 }

    private func range(_ value: String, _ condition: String) -> String {
        "(SELECT \(value) FROM _sf_own WHERE grp = \(CaptureSQL.literal(group)) AND \(condition))"
    }

    /// A value of the range that a listed key falls into. Two look-ups by primary keys, and no function of ours.
    private func listed(_ value: String, _ key: String) -> String {
        let range = range(value, "lo <= bucket ORDER BY lo DESC LIMIT 1")
        return "(SELECT \(range) FROM _sf_key WHERE grp = \(CaptureSQL.literal(group)) AND key = \(key))"
    }
}

extension DataDocument.Group {
    /// Who may write a table of the group in one of its stores.
    /// - Parameter owner: the owner's column as that store spells it.
    package func ownership(of table: DataDocument.Table, _ owner: String?, at side: StoreSide) -> WriteRule.Ownership {
        if mode == .reads { return .open }
        if table.isCatalogue { return side == .monolith ? .open : .never }
        return owner.map { .byKey($0) } ?? .whole
    }
}
