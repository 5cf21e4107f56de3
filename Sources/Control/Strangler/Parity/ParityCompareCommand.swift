import Arguments
package import ControlKit
import Parity

/// `strangler parity compare LEFT RIGHT [--rules FILE]`: two recorded responses, compared as a run would compare them.
package enum ParityCompareCommand {
    package static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let left = try answer(try invocation.required("LEFT"))
        let right = try answer(try invocation.required("RIGHT"))
        var rules = RuleSet()
        if let path = invocation.inputs["rules"] {
            let bytes = try content(path)
            rules = try ParityDocuments.read { () throws(DocumentProblems) in try RuleSet(document: bytes, file: path) }
        }
        var identities = IdentityMap()
        let comparison = Comparator(rules: rules, decodeImage: { try Pictures.decode($0) })
            .compare(left, right, identities: &identities)
        var use = RuleUse()
        use.add(rules.body.compactMap(\.place), comparison.bodies)
        if !use.problems.isEmpty { throw ParityDocuments.failure(use.problems) }
        return ParityReport.answer(comparison)
    }

    private static func answer(_ path: String) throws(OperationFailure) -> RecordedResponse {
        let bytes = try content(path)
        return ContentReading.undone(
            try ParityDocuments.read { () throws(DocumentProblems) in
                try RecordedResponse(document: bytes, file: path)
            })
    }

    private static func content(_ path: String) throws(OperationFailure) -> [UInt8] {
        guard let bytes = FileSystem.read(path) else { throw OperationFailure(.configuration, "cannot read \(path)") }
        return bytes
    }
}

/// Turns what is wrong in a parity file into the command's failure.
enum ParityDocuments {
    static func read<Document>(
        _ parse: () throws(DocumentProblems) -> Document
    ) throws(OperationFailure) -> Document {
        do throws(DocumentProblems) {
            return try parse()
        } catch {
            throw failure(error.problems)
        }
    }

    static func failure(_ problems: [DocumentProblem]) -> OperationFailure {
        OperationFailure(
            .configuration, "\(problems.count == 1 ? "one problem" : "\(problems.count) problems") in a parity file",
            fix: "docs/parity.md describes the keys", diagnostics: problems.map(\.rendered))
    }
}
