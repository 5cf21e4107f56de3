private import JSON

extension RoutesDocument {
    /// Decodes and checks a document. Strict: what is not understood is refused, and everything wrong is listed at once.
    ///
    /// - Parameter file: the name for messages.
    package static func parse(_ bytes: [UInt8], file: String) -> Result<RoutesDocument, Diagnostics> {
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
        RoutesRules(document: document, collector: collector).check()
        guard !collector.hasErrors else { return .failure(Diagnostics(collector.errors)) }
        document.warnings = collector.sorted
        return .success(document)
    }
}
