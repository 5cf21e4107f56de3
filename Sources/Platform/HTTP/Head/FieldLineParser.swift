/// Reads field lines without a start line, as strictly as those of a head: lines that were kept, or that a decoder of
/// another version of HTTP wrote.
///
/// `name: value` and CRLF is the form that fields have inside the router, whatever version they came in. The rest of a
/// message (method, target, status, where the body ends) is not among them.
package final class FieldLineParser {
    /// Meaningful after `parse` returned true, until the next one.
    package let fields: FieldTable
    private let scanner: FieldScanner

    /// - Parameters:
    ///   - limits: `requestLine` does not matter; `head` counts the lines and the empty line.
    ///   - reservedPrefix: Fields whose name begins with it are `.reserved`. In lower case, and beginning with an x.
    ///     Default: none.
    package init(limits: HeadLimits = HeadLimits(), reservedPrefix: StaticString = "") {
        let limits = limits.clamped
        fields = FieldTable(capacity: limits.fields)
        scanner = FieldScanner(
            limits: limits, classes: ByteClass.table, names: FieldNameIndex.shared, reservedPrefix: reservedPrefix)
    }

    /// Whether `bytes` are valid field lines and an empty line, and nothing else.
    package func parse(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return false }
        var progress = HeadProgress.fieldLines
        var summary = FieldTable.Summary()
        guard case .end(bytes.count) = scanner.scan(base, bytes.count, &progress, into: fields.recorder, &summary)
        else { return false }
        fields.adopt(summary)
        return true
    }
}
