package import ControlKit
import DataSync
package import Migration
import Routing

/// Whether the rows of a group can have owners: what `data lint` calls an error would break as soon as both sides
/// accept writes, so nothing is installed then.
package struct OwnershipCheck {
    private let group: DataDocument.Group
    private let groups: [DataDocument.Group]
    private let routes: String

    /// - Parameters:
    ///   - groups: all of the data file.
    ///   - routes: the routes file, which has the context of the group, if it is there.
    package init(_ group: DataDocument.Group, among groups: [DataDocument.Group], routes: String) {
        self.group = group
        self.groups = groups
        self.routes = routes
    }

    /// - Returns: what a person should look at, as sentences.
    package func run() throws(OperationFailure) -> [String] {
        guard group.mode != .reads else { return [] }
        try checkSalt()
        let findings = try self.findings()
        let errors = findings.filter { $0.severity == .error }
        guard errors.isEmpty else {
            throw OperationFailure(
                .configuration,
                "the rows of \"\(group.name)\" cannot have owners: \(errors.count == 1 ? "one error" : "\(errors.count) errors")",
                fix: "strangler data lint \(group.name) lists them with their cures",
                "a group with \"mode\": \"authority\" moves in one step, and needs no owners",
                diagnostics: errors.map(Self.sentence))
        }
        return findings.map(Self.sentence)
    }

    private static func sentence(_ finding: LintFinding) -> String {
        "\(finding.severity.rawValue) \(finding.code.rawValue) at \(finding.location): \(finding.what); cure: \(finding.cure)"
    }

    private func checkSalt() throws(OperationFailure) {
        guard group.mode == .owned, let bytes = FileSystem.read(routes),
            case .success(let document) = RoutesDocument.parse(bytes, file: routes, guards: .told),
            let context = document.contexts.first(where: { $0.group == group.name })
        else { return }
        try group.checkSalt(of: context, from: routes, in: "the data file")
    }

    private func findings() throws(OperationFailure) -> [LintFinding] {
        let owning = groups.filter { $0.mode != .reads }
        let contexts = owning.map { LintScope.Context(name: $0.name, tables: $0.tables.filter { !$0.isCatalogue }) }
        let keys = owning.flatMap(\.tables).compactMap { table in
            table.owner.map { LintScope.Key(table: table.name, column: $0) }
        }
        let scope = LintScope(contexts: contexts, keys: keys, stores: [try schema(group.source)])
        var found = LintFindings()
        SchemaLint.sources(scope, into: &found)
        SchemaLint.target(
            LintScope.Context(name: group.name, tables: group.tables.filter { !$0.isCatalogue }),
            try schema(group.target), scope, into: &found)
        return found.sorted.filter { $0.contexts.contains(group.name) && matters($0.code) }
    }

    /// Where one side writes everything, no value can be taken on two sides.
    private func matters(_ code: LintFinding.Code) -> Bool {
        let perUser: [LintFinding.Code] = [.noOwner, .indirectOwner, .nullOwner, .uniqueAcrossOwners, .allocatedID]
        return group.mode == .owned || !perUser.contains(code)
    }

    private func schema(_ path: String) throws(OperationFailure) -> StoreSchema {
        do {
            return try StoreInspector.schema(of: path)
        } catch {
            throw DataFile.failure(error)
        }
    }
}
