import ControlKit
import JSON
import Telemetry

/// A line of the access log, or of a tap, as a person reads it. Pure.
package enum TapLine {
    /// `12:00:00.250  503  GET    1.52 ms  service  profile  /api/profiles/01H  312 B  2 retries`; nil when it is no
    /// such line.
    package static func text(_ json: String, _ style: Style) -> String? {
        guard let line = try? JSONDocument(Array(json.utf8)).root, let status = line["status"]?.int else { return nil }
        let time = clock(milliseconds: line["t"]?.int ?? 0)
        let took = Decimal.milliseconds(.microseconds(Int64(line["us"]?.int ?? 0)))
        let route = line["route"]?.string ?? ""
        var parts = [
            style.paint(time, .faint), style.paint(status == 0 ? "---" : "\(status)", tone(status)),
            padded(line["method"]?.string ?? "", 6), String(repeating: " ", count: max(0, 9 - took.count)) + took,
            padded(route.isEmpty ? "-" : line["side"]?.string ?? "", 7), route.isEmpty ? "-" : Printable.line(route),
            Printable.line(line["path"]?.string ?? ""), style.paint("\(line["bytes"]?.int ?? 0) B", .faint),
        ]
        if let retries = line["retries"]?.int, retries > 0 {
            parts.append(style.paint(retries == 1 ? "1 retry" : "\(retries) retries", .warning))
        }
        if let held = line["held_ms"]?.int { parts.append(style.paint("held \(held) ms", .warning)) }
        if let end = line["end"]?.string, end != "completed" {
            parts.append(style.paint(Printable.line(end), .warning))
        }
        return parts.joined(separator: "  ")
    }

    /// Time of day, UTC.
    private static func clock(milliseconds: Int) -> String {
        let ofDay = ((milliseconds % 86_400_000) + 86_400_000) % 86_400_000
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let seconds = ofDay / 1000
        return "\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
            + ".\(digits(ofDay % 1000, 3))"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        Printable.line(text) + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func tone(_ status: Int) -> Tone {
        switch status {
        case 500...: .bad
        case 400..<500: .warning
        case 0: .warning
        default: .good
        }
    }
}
