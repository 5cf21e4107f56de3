/// Bytes of a log or script, taken piece by piece as they come, to findings. Memory does not grow with the input.
package struct StatementStream {
    private var tokenizer = SQLTokenizer()
    private var splitter = StatementSplitter()
    private var lint: StatementLint
    /// What the end of the input cut off, and where it began: a string without its end, say.
    package private(set) var unclosed: (what: String, since: SQLPlace)?

    package init(_ scope: LintScope, file: String, findings: LintFindings, counts: StatementLint.Counts) {
        lint = StatementLint(scope, file: file, findings: findings, counts: counts)
    }

    package mutating func take(_ bytes: some Sequence<UInt8>) {
        var tokens: [SQLToken] = []
        for byte in bytes {
            tokenizer.take(byte) { tokens.append($0) }
            if tokens.count >= 1_000 {
                pass(tokens)
                tokens.removeAll(keepingCapacity: true)
            }
        }
        pass(tokens)
    }

    /// The input ends.
    package mutating func finish() -> (findings: LintFindings, counts: StatementLint.Counts) {
        unclosed = tokenizer.open
        var tokens: [SQLToken] = []
        tokenizer.finish { tokens.append($0) }
        pass(tokens)
        splitter.finish { lint.take(StatementReader.read($0, isCut: $1), isCut: $1) }
        lint.finish()
        return (lint.findings, lint.counts)
    }

    private mutating func pass(_ tokens: [SQLToken]) {
        for token in tokens {
            splitter.take(token) { lint.take(StatementReader.read($0, isCut: $1), isCut: $1) }
        }
    }
}
