import JSON

/// Rollbacks that are served and that the configuration file does not say yet, because it could not be written: what is
/// kept of them beside the file, and what may be done about a file that says otherwise.
package struct UnwrittenRollbacks: Sendable, Equatable {
    /// What a rollback took from one route.
    package struct Entry: Sendable, Equatable {
        package enum Field: String, Sendable { case percent, mirror }

        package var route: String
        package var field: Field
        /// What was served before.
        package var before: Percent
        package var revision: UInt64
        /// Milliseconds since 1970.
        package var at: Int64
        package var actor: String
        package var reason: String

        package init(
            route: String, field: Field, before: Percent, revision: UInt64, at: Int64, actor: String, reason: String
        ) {
            self.route = route
            self.field = field
            self.before = before
            self.revision = revision
            self.at = at
            self.actor = Self.cut(actor)
            self.reason = Self.cut(reason)
        }

        /// What people wrote is kept as far as it fits into the room that was reserved, with what JSON makes of it.
        private static func cut(_ text: String) -> String {
            var (room, kept) = (UnwrittenRollbacks.textRoom, String.UnicodeScalarView())
            for scalar in text.unicodeScalars.prefix(128) {
                let isEscaped = scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\"" || scalar == "\\"
                room -= isEscaped ? 6 : UTF8.width(scalar)
                guard room >= 0 else { break }
                kept.append(scalar)
            }
            return String(kept)
        }
    }

    /// By route and field, the oldest first.
    package private(set) var entries: [Entry]
    /// Checksum of the file as it was when the newest rollback could not be written; 0: there was none that could be
    /// read.
    package private(set) var seen: UInt64

    package init(entries: [Entry] = [], seen: UInt64 = 0) {
        self.entries = entries
        self.seen = seen
    }

    package var isEmpty: Bool { entries.isEmpty }
    /// The newest revision that is served and not on disk.
    package var revision: UInt64 { entries.map(\.revision).max() ?? 0 }

    /// Adds what another rollback took. A route that was lowered twice was at what it was at first.
    /// - Parameter seen: checksum of the file that could not be replaced.
    package mutating func note(_ more: [Entry], seen: UInt64) {
        self.seen = seen
        for entry in more {
            if let place = entries.firstIndex(where: { $0.route == entry.route && $0.field == entry.field }) {
                var merged = entry
                merged.before = max(entry.before, entries[place].before)
                entries[place] = merged
            } else {
                entries.append(entry)
            }
        }
    }

    /// What makes a document say what the rollbacks said; empty: it does.
    package func edits(for document: RoutesDocument) -> [RoutesDocument.Edit] {
        raised(in: document).map { raised in
            raised.entry.field == .percent ? .percent(route: raised.index, .zero) : .mirror(route: raised.index, .zero)
        }
    }

    /// The rollbacks that a document would undo, with the place of the route and the share that it would get.
    private func raised(in document: RoutesDocument) -> [(entry: Entry, index: Int, share: Percent)] {
        guard !isEmpty else { return [] }
        let places = Dictionary(
            zip(document.routes.map(\.id), document.routes.indices), uniquingKeysWith: { first, _ in first })
        return entries.compactMap { entry in
            guard let index = places[entry.route] else { return nil }
            let route = document.routes[index]
            let share = entry.field == .percent ? route.percent : route.mirror?.percent ?? .zero
            return share > .zero ? (entry, index, share) : nil
        }
    }

    // MARK: A file that says otherwise

    package enum Judgement: Equatable, Sendable {
        /// It raises nothing that a rollback lowered: it may be served, and nothing is left to be written.
        case agrees
        /// It raises something, and its author has known: it was edited after the rollback.
        case isLater
        /// It would undo these, and nothing says that its author knew of them.
        case undoes([Entry])
    }

    /// What a document that was found in the file is to the rollbacks.
    ///
    /// An edit made after a rollback is told from a file of before (left alone, repaired, or restored) by one of two
    /// signs: it carries the rollback's revision; or it is newer, another text than the rollback had before it, and
    /// gives the routes shares that they did not have before it.
    /// - Parameters:
    ///   - checksum: of the text.
    ///   - modifiedAt: of the file, milliseconds since 1970; nil: unknown, which counts as old.
    package func judge(_ document: RoutesDocument, checksum: UInt64, modifiedAt: Int64?) -> Judgement {
        let raised = raised(in: document)
        guard !raised.isEmpty else { return .agrees }
        let written = UInt64(clamping: document.revision ?? 0)
        let undone = raised.filter { raised in
            if written >= raised.entry.revision { return false }
            guard let modifiedAt, modifiedAt > raised.entry.at, checksum != seen else { return true }
            return raised.share == raised.entry.before
        }
        return undone.isEmpty ? .isLater : .undoes(undone.map(\.entry))
    }

    // MARK: As text

    package var bytes: [UInt8] {
        guard !isEmpty else { return [] }
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("version")
            writer.int(1)
            writer.name("seen")
            writer.string(String(seen, radix: 16))
            writer.name("rollbacks")
            writer.array { writer in
                for entry in entries {
                    writer.object { writer in
                        writer.name("route")
                        writer.string(entry.route)
                        writer.name("field")
                        writer.string(entry.field.rawValue)
                        writer.name("before")
                        writer.raw(entry.before.description)
                        writer.name("revision")
                        writer.int(entry.revision)
                        writer.name("at")
                        writer.int(entry.at)
                        writer.name("actor")
                        writer.string(entry.actor)
                        writer.name("reason")
                        writer.string(entry.reason)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// nil: the text is none that was written here.
    package init?(_ bytes: [UInt8]) {
        guard let root = try? JSONDocument(bytes).root, root["version"]?.int == 1,
            let seen = root["seen"]?.string.flatMap({ UInt64($0, radix: 16) }), let list = root["rollbacks"]?.array
        else { return nil }
        var entries: [Entry] = []
        for value in list {
            guard let route = value["route"]?.string,
                let field = value["field"]?.string.flatMap(Entry.Field.init(rawValue:)),
                let before = value["before"]?.numberText.flatMap({ Percent(parsing: $0) }),
                let revision = value["revision"]?.numberText.flatMap({ UInt64($0) }),
                let at = value["at"]?.numberText.flatMap({ Int64($0) })
            else { return nil }
            entries.append(
                Entry(
                    route: route, field: field, before: before, revision: revision, at: at,
                    actor: value["actor"]?.string ?? "", reason: value["reason"]?.string ?? ""))
        }
        self.init(entries: entries, seen: seen)
    }

    /// Bytes of an author's name, or of a reason.
    fileprivate static let textRoom = 256

    /// How many bytes to keep free for what may be rolled back of a document; for hundreds of routes it is less than
    /// all could take.
    package static func room(for document: RoutesDocument) -> Int {
        let all = document.routes.reduce(256) { sum, route in
            route.service == nil ? sum : sum + 2 * (160 + 2 * route.id.utf8.count + 2 * textRoom)
        }
        return min(all, 256 << 10)
    }
}
