private import JSON
package import Routing

/// `data.json`: which tables of which stores are carried, in groups that move together.
package struct DataDocument: Sendable, Equatable {
    package var groups: [Group]
    /// How often the agent shows that it lives, so that an idle agent can be told from a dead one. Default 250 ms.
    package var heartbeat: Duration

    /// Who writes the rows of a group.
    package enum Mode: String, Sendable {
        /// The source, whoever reads.
        case reads
        /// The owner of each user's rows: the source or the target.
        case owned
        /// The source or the target, for everybody at once.
        case authority
    }

    /// Tables that are carried from one store to another, and will one day change owner together.
    package struct Group: Sendable, Equatable {
        package var name: String
        /// File of the store that owns the rows.
        package var source: String
        /// File of the store that follows.
        package var target: String
        package var tables: [Table]
        package var mode: Mode
        /// Put before a key when it is hashed to its bucket: the same as the salt of the context, so that rows and
        /// requests of a user have one bucket. Default: none, as contexts have.
        package var salt: String
        /// The way back of a group whose rows have owners: `source` is the service's store then.
        package internal(set) var isBack = false

        package init(
            name: String, source: String, target: String, tables: [Table], mode: Mode = .reads,
            salt: String = ""
        ) {
            self.name = name
            self.source = source
            self.target = target
            self.tables = tables
            self.mode = mode
            self.salt = salt
        }
    }

    /// One carried table.
    package struct Table: Sendable, Equatable {
        package var name: String
        /// Its name in the target; the same unless given.
        package var target: String
        /// Key columns of the source, at most eight; empty: the primary key.
        package var key: [String]
        /// Source column to target column; empty: every column, under the same name.
        package var columns: [Column]
        /// Columns whose values the stores keep in different forms.
        package var maps: [ColumnMap]
        /// Column of the source that holds the user's key, as the router finds it in requests; nil where the side does
        /// not depend on a user.
        package var owner: String?
        /// Only the monolith writes the table, whoever owns the group.
        package var isCatalogue: Bool

        package init(
            name: String, target: String, key: [String], columns: [Column], maps: [ColumnMap] = [],
            owner: String? = nil, isCatalogue: Bool = false
        ) {
            self.name = name
            self.target = target
            self.key = key
            self.columns = columns
            self.maps = maps
            self.owner = owner
            self.isCatalogue = isCatalogue
        }
    }

    package struct Column: Sendable, Equatable {
        package var source: String
        package var target: String
        package init(source: String, target: String) {
            self.source = source
            self.target = target
        }
    }

    /// Reads a document strictly; everything wrong is listed at once.
    package static func parse(_ bytes: [UInt8], file: String) -> Result<DataDocument, Diagnostics> {
        let json: JSONDocument
        do {
            json = try JSONDocument(bytes)
        } catch {
            let line = DiagnosticCollector.line(of: bytes, around: error.offset)
            return .failure(
                Diagnostics([
                    Diagnostic(file: file, position: error.position, sourceLine: line, message: error.message)
                ]))
        }
        let collector = DiagnosticCollector(json, file: file)
        ShapeChecker(collector: collector).check(json.root, DataShape.document, "the configuration")
        guard !collector.hasErrors else { return .failure(Diagnostics(collector.errors)) }
        let groups = (json.root["groups"]?.members).map(Array.init) ?? []
        let document = DataDocument(
            groups: groups.map { group($0, collector) },
            heartbeat: ObjectReader(DataShape.document, [json.root]).duration("heartbeat"))
        OwnershipRules.check(document, groups, collector)
        return collector.hasErrors ? .failure(Diagnostics(collector.errors)) : .success(document)
    }

    private static func group(_ member: JSONMember, _ collector: DiagnosticCollector) -> Group {
        let reader = ObjectReader(DataShape.group, [member.value])
        let source = reader.text("source") ?? ""
        let target = reader.text("target") ?? ""
        if source == target, let value = member.value["target"] {
            collector.error("\"source\" and \"target\" are the same file", at: value)
        }
        var tables: [Table] = []
        for value in member.value["tables"]?.elements.map({ $0 }) ?? [] {
            let reader = ObjectReader(DataShape.table, [value])
            let name = reader.text("name") ?? ""
            let table = Table(
                name: name, target: reader.text("to") ?? name, key: reader.texts("key"),
                columns: (value["columns"]?.members).map(Array.init)?.map {
                    Column(source: $0.key, target: $0.value.string ?? $0.key)
                } ?? [], maps: maps(value["map"], collector), owner: reader.text("owner"),
                isCatalogue: reader.bool("catalogue"))
            // As SQLite compares names: "users" and "Users" are one table.
            if tables.contains(where: {
                StoreName.same($0.name, name) || StoreName.same($0.target, table.target)
            }) {
                collector.error("the table \"\(name)\" is named twice", at: value["name"] ?? value)
            }
            if name.lowercased().hasPrefix("_sf_") || table.target.lowercased().hasPrefix("_sf_") {
                collector.error("tables that begin with _sf_ are the sync's own", at: value["name"] ?? value)
            }
            if table.key.count > TablePlan.widestKey {
                collector.error("a key has at most \(TablePlan.widestKey) columns", at: value["key"] ?? value)
            }
            tables.append(table)
        }
        return Group(
            name: member.key, source: source, target: target, tables: tables, mode: reader.choice("mode"),
            salt: reader.word("salt"))
    }

    private static func maps(_ value: JSONValue?, _ collector: DiagnosticCollector) -> [ColumnMap] {
        func terms(_ value: JSONValue?) -> [ColumnMap.Term] {
            ((value?.members).map(Array.init) ?? []).map { member in
                let expression = member.value.string ?? ""
                if let mistake = ColumnMap.mistake(in: expression) {
                    collector.error("this is no expression of SQL: \(mistake)", at: member.value)
                }
                return ColumnMap.Term(member.key, expression)
            }
        }
        return ((value?.elements).map(Array.init) ?? []).map { ColumnMap(to: terms($0["to"]), back: terms($0["back"])) }
    }
}
