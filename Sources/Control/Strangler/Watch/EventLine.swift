import ControlKit
import JSON
import Telemetry

/// An event of the router as a person reads it. Pure.
package enum EventLine {
    /// `12:00:00.250  revision 8 by tester: parity held: profile percent 10% -> 25%`; nil when it is no event of a
    /// router.
    package static func text(_ event: EventReader.Event, _ style: Style) -> String? {
        guard let value = try? JSONDocument(Array(event.data.utf8)).root, value.kind == .object else { return nil }
        let (words, tone) = sentence(event.name, value)
        let at = value["at"]?.string ?? ""
        // The time of day of an RFC 3339 time.
        let time = at.count >= 23 ? String(at.dropFirst(11).prefix(12)) : at
        return style.paint(Printable.line(time), .faint) + "  " + style.paint(Printable.line(words), tone)
    }

    private static func sentence(_ name: String, _ value: JSONValue) -> (String, Tone) {
        func text(_ key: String) -> String { value[key]?.string ?? "" }
        switch name {
        case "revision":
            let changes = value["changes"]?.elements.map(change).joined(separator: ", ") ?? ""
            let reason = text("reason").isEmpty ? "" : " (\(text("reason")))"
            return ("revision \(value["revision"]?.int ?? 0) by \(text("actor"))\(reason): \(changes)", .strong)
        case "reload":
            let message = text("message").isEmpty ? "" : ": " + text("message")
            return ("reload \(text("result"))\(message)", text("result") == "refused" ? .bad : .plain)
        case "rollback":
            let routes = value["routes"]?.elements.compactMap(\.string).joined(separator: ", ") ?? ""
            return ("rolled back \(routes) (\(text("mode"))), revision \(value["revision"]?.int ?? 0)", .warning)
        case "health":
            return (
                "\(text("upstream")) at \(text("endpoint")) is \(text("to")) (\(text("reason")))",
                text("to") == "healthy" ? .good : .bad
            )
        case "circuit":
            return (
                "the circuit of \(text("route")) to its \(text("side")) is \(text("to"))",
                text("to") == "closed" ? .good : .bad
            )
        case "data":
            let reason = text("reason").isEmpty ? "" : ": " + text("reason")
            return text("to") == "stalled"
                ? ("the rows of \(text("context")) do not follow\(reason)", .bad)
                : ("the rows of \(text("context")) follow again", .good)
        case "drain": return ("the router is draining", .warning)
        // One that a newer router knows.
        default: return ("\(name) " + OutputValue(value).json(pretty: false), .plain)
        }
    }

    private static func change(_ value: JSONValue) -> String {
        func percent(_ key: String) -> String { value[key]?.double.map { Decimal.percent($0) } ?? "-" }
        let (route, field) = (value["route"]?.string ?? "", value["field"]?.string ?? "")
        switch field {
        case "percent", "mirror": return "\(route) \(field) \(percent("before")) -> \(percent("after"))"
        default: return "\(route) \(field)"
        }
    }
}
