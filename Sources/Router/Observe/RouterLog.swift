import Glibc
import Telemetry

/// Lines for people and collectors on standard error: `time level event key=value …`. What a terminal would obey is
/// escaped in values, so that no input can forge a line. Secrets never get here.
enum RouterLog {
    enum Level: String { case info, warning, error }

    static func write(_ level: Level, _ event: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(level, event, each: [()]) { fields }
    }

    /// A line for each, at one time. As few calls as whole lines fit into what a pipe takes at once, so that lines of
    /// several threads do not mix: ten thousand routes may change together.
    static func write<Row>(
        _ level: Level, _ event: String, each rows: [Row], _ fields: (Row) -> KeyValuePairs<String, String>
    ) {
        let start = "\(WallClock.now()) \(level.rawValue) \(event)"
        var lines: [UInt8] = []
        for row in rows {
            var line = start
            for (key, value) in fields(row) { line += " \(key)=\(quoted(value))" }
            line += "\n"
            if lines.count + line.utf8.count > Int(PIPE_BUF) {
                put(lines)
                lines.removeAll(keepingCapacity: true)
            }
            lines.append(contentsOf: line.utf8)
        }
        put(lines)
    }

    private static func put(_ lines: [UInt8]) {
        if !lines.isEmpty { _ = lines.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) } }
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x5C && $0 < 0x7F }
        guard !isPlain else { return value }
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where Printable.needsEscape(scalar): result += Printable.escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
