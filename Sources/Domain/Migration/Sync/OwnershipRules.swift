internal import JSON
internal import Routing

/// What the modes `owned` and `authority` ask of a data file.
enum OwnershipRules {
    static func check(_ document: DataDocument, _ members: [JSONMember], _ collector: DiagnosticCollector) {
        for (group, member) in zip(document.groups, members) {
            let values = member.value["tables"]?.elements.map { $0 } ?? []
            for (table, value) in zip(group.tables, values) { check(table, value, group, collector) }
        }
        onlyOneOwns(document, members, collector)
    }

    private static func check(
        _ table: DataDocument.Table, _ value: JSONValue, _ group: DataDocument.Group, _ collector: DiagnosticCollector
    ) {
        let owner = value["owner"]
        let catalogue = value["catalogue"]
        switch group.mode {
        case .owned:
            if table.owner == nil, !table.isCatalogue {
                collector.error(
                    "\"\(table.name)\" names no owner, and the group \"\(group.name)\" has the mode owned: give \"owner\" the column that holds the user's key, or say \"catalogue\": true if only the monolith writes it",
                    at: value["name"] ?? value)
            }
            if table.isCatalogue, let owner {
                collector.error(
                    "\"\(table.name)\" is a catalogue, which only the monolith writes: leave \"owner\" or \"catalogue\" out",
                    at: owner)
            }
        case .authority:
            if let owner {
                collector.error(
                    "in the mode authority one side owns every row of \"\(table.name)\": leave \"owner\" out, or let the group have the mode owned",
                    at: owner)
            }
        case .reads:
            if let place = owner ?? catalogue {
                collector.error(
                    "\"\(owner == nil ? "catalogue" : "owner")\" says who writes \"\(table.name)\", and in the mode reads the monolith does: give the group \"mode\": \"owned\", or leave it out",
                    at: place)
            }
        }
    }

    /// A row has one owner, so its table has one owning group; the others follow it.
    private static func onlyOneOwns(
        _ document: DataDocument, _ members: [JSONMember], _ collector: DiagnosticCollector
    ) {
        var owners: [String: String] = [:]
        for (group, member) in zip(document.groups, members) where group.mode != .reads {
            let values = member.value["tables"]?.elements.map { $0 } ?? []
            for (table, value) in zip(group.tables, values) where !table.isCatalogue {
                let name = "\(group.source)\u{0}\(StoreName.folded(table.name))"
                guard let first = owners[name] else {
                    owners[name] = group.name
                    continue
                }
                collector.error(
                    "\"\(table.name)\" has its owners in the group \"\(first)\" already, and a row has one: say \"catalogue\": true here, so that \"\(group.name)\" follows it",
                    at: value["name"] ?? value)
            }
        }
    }
}
