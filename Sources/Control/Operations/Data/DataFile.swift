package import ControlKit
import DataSync
package import Migration
import Routing
package import SQLite

/// The data file, and its failures with what helps.
package enum DataFile {
    /// The document with absolute paths.
    /// - Parameter wanted: the groups of interest; empty: all.
    package static func document(at path: String, groups wanted: [String] = []) throws(OperationFailure) -> DataDocument
    {
        guard let bytes = FileSystem.read(path) else {
            throw OperationFailure(
                .configuration, "cannot read \(path)",
                fix:
                    "write one: {\"version\": 1, \"groups\": {\"NAME\": {\"source\": FILE, \"target\": FILE, \"tables\": [{\"name\": TABLE}]}}}"
            )
        }
        switch DataDocument.parse(bytes, file: path) {
        case .failure(let diagnostics):
            let count = diagnostics.list.count
            throw OperationFailure(
                .configuration, "\(count == 1 ? "one problem" : "\(count) problems") in \(path)",
                diagnostics: diagnostics.list.map { $0.render() })
        case .success(var document):
            let folder = FileSystem.directory(of: path)
            for index in document.groups.indices {
                document.groups[index].source = FileSystem.resolve(document.groups[index].source, in: folder)
                document.groups[index].target = FileSystem.resolve(document.groups[index].target, in: folder)
            }
            for name in wanted where !document.groups.contains(where: { $0.name == name }) {
                throw unknown(name, document)
            }
            if !wanted.isEmpty { document.groups.removeAll { !wanted.contains($0.name) } }
            return document
        }
    }

    private static func unknown(_ name: String, _ document: DataDocument) -> OperationFailure {
        let names = document.groups.map(\.name)
        let meant = Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }
        return OperationFailure(
            .usage, "there is no group \"\(name)\"", fix: meant ?? "known: \(names.joined(separator: ", "))")
    }

    /// Opens a store that must exist; the monolith's keeps its journal mode.
    package static func open(_ path: String, isSource: Bool) throws(OperationFailure) -> DatabaseConnection {
        do {
            return try DatabaseConnection(
                path: path,
                configuration: .init {
                    $0.creates = false
                    $0.keepsJournalMode = isSource
                    $0.foreignKeys = false
                })
        } catch {
            throw failure(error)
        }
    }

    /// - Parameter group: which group the command is about, for the commands that help; nil: several.
    package static func failure(_ error: any Error, of group: String? = nil) -> OperationFailure {
        switch error {
        case let failure as OperationFailure: return failure
        case let problem as PlanProblem: return OperationFailure(.configuration, problem.reason)
        case let reason as StopReason:
            return OperationFailure(.failed, reason.sentence, fix: group.map { reason.fix($0) } ?? reason.fix)
        case let problem as AgentProblem:
            return OperationFailure(
                .conflict, "another agent carries the group \"\(problem.group)\" into \(problem.target)",
                fix: "end it first, or look at strangler data status")
        case let error as SQLiteError:
            let fix =
                error.code == 14
                ? "start the program that owns it once, so that its tables exist"
                : error.isBusy
                    ? "another program held the store too long; try again" : "look at the store's disk and permissions"
            return OperationFailure(.failed, error.description, fix: fix)
        default: return OperationFailure(.failed, "\(error)")
        }
    }
}
