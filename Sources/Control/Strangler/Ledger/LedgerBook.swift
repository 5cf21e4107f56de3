/// The ledger as commands use it: opened late, and never a reason to fail. What cannot be written is warned about.
package struct LedgerBook: Sendable {
    private let path: String
    private let console: Console
    private let now: @Sendable () -> String
    private let who: String

    /// The ledger of the invocation's configuration: `STRANGLER_LEDGER`, else `run/ledger.db` beside the routes file.
    package init(_ invocation: Invocation) {
        path =
            invocation.surroundings.environment["STRANGLER_LEDGER"].flatMap { $0.isEmpty ? nil : $0 }
            ?? FileSystem.resolve("run/ledger.db", in: invocation.configFolder)
        console = invocation.console
        now = invocation.surroundings.now
        who = invocation.surroundings.actor
    }

    /// Whether anything was ever recorded; reading commands create nothing.
    package var exists: Bool { FileSystem.exists(path) }

    /// The ledger itself, for the commands that read it.
    package func open() throws(CommandFailure) -> Ledger {
        do {
            return try Ledger(path: path)
        } catch {
            throw CommandFailure(
                .failure, "cannot open the ledger \(path): \(Self.words(error))",
                fix: "free the disk or repair the file; shifts and rollbacks work without it")
        }
    }

    /// Records a change that was just made, and before it whatever happened without us.
    ///
    /// - Parameters:
    ///   - before: the document before the change, if it is at hand.
    ///   - after: the document after it.
    package func record(
        _ verb: String, route: String, reason: String?, changes: [RouteChange], previousRevision: Int, revision: Int,
        before: [UInt8]?, after: [UInt8]?
    ) {
        do {
            let ledger = try Ledger(path: path)
            try reconcile(ledger, revision: previousRevision, document: before)
            try ledger.record(
                LedgerEntry(
                    at: now(), who: who, verb: verb, route: route, reason: reason, changes: changes,
                    previousRevision: previousRevision, revision: revision),
                document: after)
        } catch {
            console.warn("the change is done, but the ledger \(path) could not record it: \(Self.words(error))")
        }
    }

    /// Notes that the router serves a revision the ledger has not seen: somebody edited the file or used the API.
    package func observe(revision: Int, document: [UInt8]?) {
        // Reading commands must not create a ledger, let alone complain about one.
        guard FileSystem.exists(path), let ledger = try? Ledger(path: path) else { return }
        try? reconcile(ledger, revision: revision, document: document)
    }

    private func reconcile(_ ledger: Ledger, revision: Int, document: [UInt8]?) throws {
        if let known = try ledger.newestRevision(), known != revision {
            var changes: [RouteChange] = []
            if let old = try ledger.document(revision: known), let document,
                let plan = RoutesSketch.plan(from: old, to: document)
            {
                changes = plan.changes
            }
            let routes = Set(changes.map(\.route))
            try ledger.record(
                LedgerEntry(
                    at: now(), who: "-", verb: "outside", route: routes.count == 1 ? routes.first ?? "*" : "*",
                    reason: "not through this command line: the file or the admin API", changes: changes,
                    previousRevision: known, revision: revision),
                document: document)
        } else if let document {
            try ledger.keep(document, revision: revision, at: now())
        }
    }

    private static func words(_ error: any Error) -> String { (error as? CommandFailure)?.message ?? "\(error)" }
}
