private import JSON

/// Whether a percentage that cannot be kept makes a document invalid.
package enum GuardRules: Sendable {
    /// It is an error: the document may not begin to serve.
    case enforced
    /// It is a warning: the document served already when the rule was not there yet, and must go on serving. Going back
    /// must work with it as well.
    case told
}

extension RoutesDocument {
    /// Decodes and checks a document. Strict: what is not understood is refused, and everything wrong is listed at
    /// once.
    ///
    /// - Parameters:
    ///   - file: the name for messages.
    ///   - guards: what is done about a percentage that its data's mode cannot keep.
    package static func parse(
        _ bytes: [UInt8], file: String, guards: GuardRules = .enforced
    ) -> Result<RoutesDocument, Diagnostics> {
        let json: JSONDocument
        do {
            json = try JSONDocument(bytes)
        } catch {
            let isEmpty = bytes.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
            return .failure(
                Diagnostics([
                    Diagnostic(
                        file: file, position: error.position,
                        sourceLine: DiagnosticCollector.line(of: bytes, around: error.offset),
                        message: isEmpty ? "the file is empty" : error.message,
                        help: isEmpty
                            ? "a configuration has at least \"upstreams\" and \"routes\"; `strangler init` writes one"
                            : nil)
                ]))
        }
        let collector = DiagnosticCollector(json, file: file)
        ShapeChecker(collector: collector).check(json.root, RoutesShape.document, "the configuration")
        guard !collector.hasErrors else { return .failure(Diagnostics(collector.errors)) }
        var document = RoutesDecoder(json, file: file, collector: collector).decode()
        guard !collector.hasErrors else { return .failure(Diagnostics(collector.errors)) }
        RoutesRules(document: document, collector: collector, guards: guards).check()
        guard !collector.hasErrors else { return .failure(Diagnostics(collector.errors)) }
        document.warnings = collector.sorted
        return .success(document)
    }
}
