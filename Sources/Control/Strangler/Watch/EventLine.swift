import AdminAPI
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
        // One that a newer router knows, or tells otherwise.
        (try? known(name, value)) ?? ("\(name) " + OutputValue(value).json(pretty: false), .plain)
    }

    private static func known(_ name: String, _ value: JSONValue) throws(WireError) -> (String, Tone)? {
        switch name {
        case RevisionEvent.name: return sentence(try RevisionEvent.read(value))
        case ReloadEvent.name: return sentence(try ReloadEvent.read(value))
        case RollbackEvent.name:
            let event = try RollbackEvent.read(value)
            let routes = event.routes.joined(separator: ", ")
            return ("rolled back \(routes) (\(event.mode)), revision \(event.revision)", .warning)
        case HealthEvent.name:
            let event = try HealthEvent.read(value)
            return (
                "\(event.upstream) at \(event.endpoint) is \(event.to) (\(event.reason))",
                event.to == "healthy" ? .good : .bad
            )
        case CircuitEvent.name:
            let event = try CircuitEvent.read(value)
            return (
                "the circuit of \(event.route) to its \(event.side) is \(event.to)",
                event.to == "closed" ? .good : .bad
            )
        case DataEvent.name:
            let event = try DataEvent.read(value)
            let reason = event.reason.map { $0.isEmpty ? "" : ": " + $0 } ?? ""
            return event.to == "stalled"
                ? ("the rows of \(event.context) do not follow\(reason)", .bad)
                : ("the rows of \(event.context) follow again", .good)
        case DrainEvent.name: return ("the router is draining", .warning)
        default: return nil
        }
    }

    private static func sentence(_ event: RevisionEvent) -> (String, Tone) {
        let changes = event.changes.map(change).joined(separator: ", ")
        let reason = event.reason.isEmpty ? "" : " (\(event.reason))"
        return ("revision \(event.revision) by \(event.actor)\(reason): \(changes)", .strong)
    }

    private static func sentence(_ event: ReloadEvent) -> (String, Tone) {
        let message = event.message.map { $0.isEmpty ? "" : ": " + $0 } ?? ""
        return ("reload \(event.result)\(message)", event.result == "refused" ? .bad : .plain)
    }

    private static func change(_ change: RouteChange) -> String {
        func percent(_ number: Double?) -> String { number.map { Decimal.percent($0) } ?? "-" }
        switch change.field {
        case "percent", "mirror":
            return "\(change.route) \(change.field) \(percent(change.before)) -> \(percent(change.after))"
        default: return "\(change.route) \(change.field)"
        }
    }
}
