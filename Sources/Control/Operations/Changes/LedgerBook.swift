package import AdminAPI
package import AdminClient
package import ControlKit
package import Ledger

/// The ledger as commands use it: opened late, and never a reason to fail. What cannot be written is warned about.
package struct LedgerBook: Sendable {
    private let path: String
    private let warn: @Sendable (String) -> Void
    private let now: @Sendable () -> String
    private let actor: String

    /// - Parameters:
    ///   - path: of the SQLite file, made with the first change.
    ///   - actor: makes the changes that are recorded.
    ///   - now: the time, RFC 3339 in UTC.
    ///   - warn: is told what could not be recorded.
    package init(
        path: String, actor: String, now: @escaping @Sendable () -> String, warn: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.actor = actor
        self.now = now
        self.warn = warn
    }

    /// Whether anything was ever recorded; reading commands create nothing.
    package var exists: Bool { FileSystem.exists(path) }

    /// The ledger itself, for the commands that read it.
    package func open() throws(OperationFailure) -> Ledger {
        do {
            return try Ledger(path: path)
        } catch {
            throw OperationFailure(
                .failed, "cannot open the ledger \(path): \(Self.words(error))",
                fix: "free the disk or repair the file; shifts and rollbacks work without it")
        }
    }

    /// Records a change that was just made, and before it whatever happened since the last one.
    ///
    /// - Parameters:
    ///   - route: nil: that of the changes, or `*` for several.
    ///   - before: the document before the change, if it is at hand.
    ///   - after: the document after it.
    ///   - admin: the router that made it; nil: it was made in the file.
    package func record(
        _ verb: String, route: String? = nil, reason: String?, changes: [RouteChange], previousRevision: Int,
        revision: Int,
        before: [UInt8]?, after: [UInt8]?, through admin: AdminClient?
    ) async {
        do {
            let ledger = try Ledger(path: path)
            try await catchUp(ledger, revision: previousRevision, document: before, admin)
            try ledger.record(
                LedgerEntry(
                    at: now(), actor: actor, verb: verb, route: route ?? Self.route(changes), reason: reason,
                    changes: changes,
                    previousRevision: previousRevision, revision: revision),
                document: after)
        } catch {
            warn("the change is done, but the ledger \(path) could not record it: \(Self.words(error))")
        }
    }

    /// Notes what led to the revision that is served: changes of commands that were cut off before they could record
    /// them, and those that did not come through this command line.
    package func observe(revision: Int, document: [UInt8]?, through admin: AdminClient?) async {
        // Reading commands must not create a ledger, let alone complain about one.
        guard FileSystem.exists(path), let ledger = try? Ledger(path: path) else { return }
        try? await catchUp(ledger, revision: revision, document: document, admin)
    }

    private func catchUp(
        _ ledger: Ledger, revision: Int, document: [UInt8]?, _ admin: AdminClient?
    ) async throws {
        guard let known = try ledger.newestRevision(), known != revision else {
            if let document { try ledger.keep(document, revision: revision, at: now()) }
            return
        }
        // Somebody who changed something after us was faster to record it.
        if admin != nil, try ledger.hasChange(to: revision) { return }
        let remembered = await admin?.changes(after: known).filter { $0.revision <= revision } ?? []
        var reached = known
        for change in remembered where change.previousRevision >= reached {
            if change.previousRevision > reached {
                try ledger.record(missing: outside(from: reached, to: change.previousRevision), document: nil)
            }
            try ledger.record(missing: entry(change), document: nil)
            reached = change.revision
        }
        guard reached != revision else {
            if let document { try ledger.keep(document, revision: revision, at: now()) }
            return
        }
        var entry = outside(from: reached, to: revision)
        if let old = try ledger.document(revision: reached), let document,
            let plan = RoutesSketch.plan(from: old, to: document)
        {
            entry.changes = plan.changes
            entry.route = Self.route(plan.changes)
        }
        try ledger.record(missing: entry, document: document)
    }

    /// A change that nobody here knows anything of.
    private func outside(from previous: Int, to revision: Int) -> LedgerEntry {
        LedgerEntry(
            at: now(), actor: "-", verb: "outside", route: "*",
            reason: "not through this command line: the file or the admin API", changes: [], previousRevision: previous,
            revision: revision)
    }

    /// A change that the router remembers, and that its author's command did not record.
    private func entry(_ change: RecordedChange) -> LedgerEntry {
        var entry = LedgerEntry(
            at: change.at, actor: change.actor, verb: change.verb, route: Self.route(change.changes),
            reason: change.reason.isEmpty ? nil : change.reason, changes: change.changes,
            previousRevision: change.previousRevision, revision: change.revision)
        // Who says no name is the admin API's own word for where the request came from; a file that was read again has
        // no author.
        let isOurs = !["unix", "loopback", "token", "file"].contains(change.actor)
        if !isOurs {
            entry.verb = "outside"
            entry.reason =
                change.verb == "reload"
                ? "the file was edited and read again"
                : "\(change.verb) through the admin API"
                    + (change.reason.isEmpty ? "" : ": \(change.reason)")
        } else if change.verb == "put" {
            entry.verb = "apply"
        }
        return entry
    }

    private static func route(_ changes: [RouteChange]) -> String {
        let routes = Set(changes.map(\.route))
        return routes.count == 1 ? routes.first ?? "*" : "*"
    }

    private static func words(_ error: any Error) -> String { (error as? OperationFailure)?.message ?? "\(error)" }
}
