import Arguments

/// `history` and `undo`: what was done, and back to any of it.
enum HistoryCommands {
    static let history = Command(
        CommandSpec(
            "history", "Who changed what when, and why",
            positionals: [.init("ROUTE", "only changes of this route", .optional)],
            options: [.value("limit", "N", "how many, the newest first (default 20)")]),
        run: { invocation in
            let limit = Int(invocation.inputs["limit"] ?? "20") ?? 20
            let book = LedgerBook(invocation)
            let route = invocation.inputs["ROUTE"]
            let entries = try read { book.exists ? try book.open().entries(limit: limit, route: route) : [] }
            return render(entries)
        })

    static let undo = Command(
        CommandSpec(
            "undo", "Back to the document before the last change, or to any revision",
            discussion: "An undo is a change like any other: it gets a revision of its own and can be undone.",
            positionals: [.init("REVISION", "revision to go back to (default: before the last change)", .optional)],
            options: CommandList.changing, examples: ["strangler undo", "strangler undo 41 --dry-run"]),
        run: { invocation in
            let present = try await Present.find(invocation)
            LedgerBook(invocation).observe(revision: present.revision, document: present.document)
            let book = LedgerBook(invocation)
            let ledger = book.exists ? try? book.open() : nil
            let revision = try target(invocation, ledger, present)
            var document = try? ledger?.document(revision: revision)
            if document == nil, present.place == "the router" {
                document = try await invocation.admin().routes(revision: revision)
            }
            guard let document else {
                throw CommandFailure(
                    .failure, "revision \(revision) is neither in the ledger nor kept by the router",
                    fix: "strangler history shows the revisions that are known")
            }
            let name = "revision \(revision)"
            try RoutesCheck.check(document, file: name)
            return try await DocumentWriter.apply(
                document, named: name, verb: "undo", ifRevision: nil, warnings: [], invocation)
        })

    private static func target(
        _ invocation: Invocation, _ ledger: Ledger?, _ present: Present
    ) throws -> Int {
        if let text = invocation.inputs["REVISION"] {
            guard let revision = Int(text) else {
                throw CommandFailure(.usage, "\"\(text)\" is not a revision", fix: "strangler history shows them")
            }
            return revision
        }
        if let last = try ledger?.entries(limit: 1).first { return last.previousRevision }
        guard present.revision > 1 else {
            throw CommandFailure(.failure, "nothing was changed yet, so there is nothing to undo")
        }
        return present.revision - 1
    }

    static func render(_ entries: [LedgerEntry]) -> Answer {
        guard !entries.isEmpty else {
            return Answer(
                [.sentence("Nothing was changed yet.")], data: ["entries": []],
                next: [.init("strangler status", "see where everything stands")])
        }
        var table = Table([
            .number("REVISION"), .text("WHEN"), .text("WHO"), .text("WHAT"), .text("ROUTE"), .text("CHANGE"),
            .text("WHY"),
        ])
        for entry in entries {
            table.rows.append([
                .init("\(entry.revision)"), .init(entry.at), .init(entry.who),
                .init(entry.verb, entry.verb == "rollback" ? .warning : .plain), .init(entry.route, .strong),
                .init(entry.summary), .init(entry.reason ?? ""),
            ])
        }
        return Answer(
            [.table(table)], data: ["entries": .array(entries.map(\.datum))],
            next: [.init("strangler undo", "back to revision \(entries[0].previousRevision)")])
    }

    private static func read<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failure, "cannot read the ledger: \(error)")
        }
    }
}
