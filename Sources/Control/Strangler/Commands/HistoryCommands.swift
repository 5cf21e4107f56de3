import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Ledger
import Operations

/// `history` and `undo`: what was done, and back to any of it.
enum HistoryCommands {
    static let history = Command(
        CommandSpec(
            "history", "Who changed what when, and why",
            positionals: [.init("ROUTE", "only changes of this route; or a revision's number", .optional)],
            options: [.value("limit", "N", "how many, the newest first (default 20)")],
            examples: ["strangler history", "strangler history profile --limit 5", "strangler history 41 -o json"]),
        run: { invocation in
            guard let limit = Int(invocation.inputs["limit"] ?? "20"), (1...1_000_000).contains(limit) else {
                throw OperationFailure(.usage, "--limit is a number from 1 to 1,000,000")
            }
            let book = invocation.ledger
            // What the router knows of a command that was cut off is part of the history.
            if book.exists, let admin = try? invocation.admin(), let status = try? await admin.status() {
                await book.observe(revision: status.revision, document: nil, through: admin)
            }
            let ledger = book.exists ? try book.open() : nil
            guard let name = invocation.inputs["ROUTE"] else {
                return render(try read { try ledger?.entries(limit: limit) ?? [] }, of: nil)
            }
            return render(try entries(of: name, limit, ledger, invocation), of: name)
        })

    /// The changes of a route, or those that led to a revision. A name that is neither is a mistake, not an empty
    /// history.
    private static func entries(
        of name: String, _ limit: Int, _ ledger: Ledger?, _ invocation: Invocation
    ) throws -> [LedgerEntry] {
        let found = try read { try ledger?.entries(limit: limit, route: name) ?? [] }
        let routes = FileSystem.read(invocation.configPath).flatMap { RoutesSketch($0)?.routes.map(\.id) } ?? []
        if !found.isEmpty || routes.contains(name) { return found }
        let all = try read { try ledger?.entries(limit: 1_000_000) ?? [] }
        if let revision = Int(name) {
            let led = all.filter { $0.revision == revision }
            guard led.isEmpty else { return Array(led.prefix(limit)) }
            throw OperationFailure(
                .failed, "no change on record led to revision \(revision)",
                fix: "strangler history shows the revisions that are known")
        }
        // Routes that are gone have a history all the same.
        let past = all.flatMap { [$0.route] + $0.changes.map(\.route) }.filter { $0 != "*" }
        let known = routes + Set(past).subtracting(routes).sorted()
        throw OperationFailure.noRoute(name, among: known, where: "\(invocation.configPath) or its history")
    }

    static let undo = Command(
        CommandSpec(
            "undo", "Back to the document before the last change, or to any revision",
            discussion: "An undo is a change like any other: it gets a revision of its own and can be undone.",
            positionals: [.init("REVISION", "revision to go back to (default: before the last change)", .optional)],
            options: [PlanCommands.overRollback, CommandList.despiteData, DataCommands.file] + CommandList.changing,
            examples: ["strangler undo", "strangler undo 41 --dry-run"]),
        run: { invocation in
            var revision: Int?
            if let text = invocation.inputs["REVISION"] {
                guard let number = Int(text) else {
                    throw OperationFailure(.usage, "\"\(text)\" is not a revision", fix: "strangler history shows them")
                }
                revision = number
            }
            let wish = try await DocumentChange.undo(
                to: revision, overRollback: invocation.inputs.has("over-rollback"), try invocation.operation())
            return try await DocumentWriter.carryOut(wish, warnings: [], invocation)
        })

    static func render(_ entries: [LedgerEntry], of name: String?) -> Answer {
        guard !entries.isEmpty else {
            return Answer(
                [.sentence("No change\(name.map { " of \($0)" } ?? "") is on record.")],
                data: ["entries": []],
                next: [.init("strangler status", "see where everything stands")])
        }
        var table = Table([
            .number("REVISION"), .text("WHEN"), .text("WHO"), .text("WHAT"), .text("ROUTE"), .text("CHANGE"),
            .text("WHY"),
        ])
        for entry in entries {
            table.rows.append([
                .init("\(entry.revision)"), .init(entry.at), .init(entry.actor),
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
        } catch let failure as OperationFailure {
            throw failure
        } catch {
            throw OperationFailure(.failed, "cannot read the ledger: \(error)")
        }
    }
}
