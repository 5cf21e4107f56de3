package import ControlKit
package import Routing

/// Judges a routes document as the router would: complete, before anything is written or sent.
package enum RoutesCheck {
    /// The file's bytes; a file that cannot be read is a failure of the configuration.
    package static func bytes(of path: String) throws(OperationFailure) -> [UInt8] {
        guard let bytes = FileSystem.read(path) else {
            throw OperationFailure(
                .configuration, "cannot read the routes file \(path)",
                fix: "strangler init writes one for your monolith, or name it with --config FILE")
        }
        return bytes
    }

    /// Throws a failure with every diagnostic, or returns the warnings, rendered.
    ///
    /// - Parameter guards: `.told` for an edit of one route, which `refusal` has judged: what another route offends,
    ///   and served with already, must not keep this one from going back.
    @discardableResult
    package static func check(
        _ bytes: [UInt8], file: String, guards: GuardRules = .enforced
    ) throws(OperationFailure) -> [String] {
        try document(bytes, file: file, guards: guards).warnings.map { $0.render() }
    }

    /// The document, or a failure with every diagnostic.
    package static func document(
        _ bytes: [UInt8], file: String, guards: GuardRules = .enforced
    ) throws(OperationFailure) -> RoutesDocument {
        switch RoutesDocument.parse(bytes, file: file, guards: guards) {
        case .success(let document): return document
        case .failure(let diagnostics):
            let count = diagnostics.list.filter { $0.severity == .error }.count
            throw OperationFailure(
                .configuration, "\(file) has \(count) error\(count == 1 ? "" : "s"); nothing was changed",
                diagnostics: diagnostics.list.map { $0.render() })
        }
    }

    /// Why the mode of a route's data cannot keep `percent`, and what helps; nil when it can.
    package static func refusal(_ bytes: [UInt8], route id: String, percent: Double) -> OperationFailure? {
        guard case .success(let document) = RoutesDocument.parse(bytes, file: "routes.json", guards: .told),
            let index = document.routes.firstIndex(where: { $0.id == id }),
            let share = Percent(parsing: Decimal.short(percent)),
            let refusal = document.refusal(ofRoute: index, raisingTo: share)
        else { return nil }
        return OperationFailure(
            .failed, "\(id) cannot go to \(Decimal.percent(percent)): \(refusal.reason)", fix: refusal.help)
    }

    /// Why a document must not follow another: users would change sides without their rows. nil: it may.
    package static func moveRefusal(from before: [UInt8], to after: [UInt8]) -> OperationFailure? {
        guard case .success(let old) = RoutesDocument.parse(before, file: "routes.json", guards: .told),
            case .success(let new) = RoutesDocument.parse(after, file: "routes.json", guards: .told),
            let refusal = new.unmoved(since: old)
        else { return nil }
        return OperationFailure(.failed, refusal.reason, fix: refusal.help)
    }

    /// Why a mirror of a route would never copy anything; nil when it copies something.
    package static func mirrorRefusal(_ bytes: [UInt8], route id: String, methods: [String]?) -> OperationFailure? {
        guard case .success(let document) = RoutesDocument.parse(bytes, file: "routes.json", guards: .told),
            let index = document.route(id), let refusal = document.mirrorRefusal(ofRoute: index, methods: methods)
        else { return nil }
        return OperationFailure(.failed, refusal.reason, fix: refusal.help)
    }

    /// The JSON Schema of the document.
    package static var schema: String {
        let text = RoutesSchema.json()
        return text.hasSuffix("\n") ? text : text + "\n"
    }
}
