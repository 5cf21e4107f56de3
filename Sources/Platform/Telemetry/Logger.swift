import Formats
private import Glibc

/// Structured lines on standard error: one call, one line, one write.
///
/// Values come from outside, so control bytes are escaped: nobody can forge a line. Secrets are the caller's duty.
package final class Logger: Sendable {
    package enum Level: Sendable, CaseIterable {
        case info, notice, warning, error
        package var name: String { "\(self)" }
    }

    package enum Format: Sendable { case text, json }

    /// Name of the program, part of every line.
    package let name: String
    private let format: Format
    private let sink: @Sendable ([UInt8]) -> Void

    /// - Parameter sink: where a finished line goes. Default standard error, in a single `write`.
    package init(
        _ name: String, format: Format = .text,
        sink: @escaping @Sendable ([UInt8]) -> Void = Logger.standardError
    ) {
        self.name = name
        self.format = format
        self.sink = sink
    }

    package func info(
        _ message: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        log(.info, message, fields)
    }
    package func notice(
        _ message: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        log(.notice, message, fields)
    }
    package func warning(
        _ message: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        log(.warning, message, fields)
    }
    package func error(
        _ message: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        log(.error, message, fields)
    }

    package func log(
        _ level: Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        let time = Timestamp.now()
        var line = ""
        switch format {
        case .json:
            line =
                #"{"time":"\#(time)","level":"\#(level.name)","program":"\#(Self.escaped(name))","message":"\#(Self.escaped(message))""#
            for (key, value) in fields { line += #","\#(Self.escaped(key))":"\#(Self.escaped(value))""# }
            line += "}\n"
        case .text:
            line = "\(time) \(level.name) \(name): \(Self.escaped(message, quotes: false))"
            for (key, value) in fields {
                let plain =
                    !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
                line += " \(key)=\(plain ? value : "\"\(Self.escaped(value))\"")"
            }
            line += "\n"
        }
        sink(Array(line.utf8))
    }

    /// Writes a line to standard error; a line that cannot be written is dropped, for there is nowhere left to say so.
    @Sendable package static func standardError(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let written = write(2, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                offset += written
            }
        }
    }

    private static func escaped(_ text: String, quotes: Bool = true) -> String {
        let isClean = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && (!quotes || ($0 != 0x22 && $0 != 0x5C)) }
        if isClean, !text.unicodeScalars.contains(where: Printable.needsEscape) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"" where quotes: result += "\\\""
            case "\\" where quotes: result += "\\\\"
            case "\n": result += "\\n"
            case _ where Printable.needsEscape(scalar):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
