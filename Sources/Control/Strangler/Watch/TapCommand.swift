import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Synchronization

/// `strangler tap`: exchanges as they end, one line each.
enum TapCommand {
    /// Option, and what the API calls it.
    private static let filters: [(option: String, parameter: AdminParameter)] = [
        ("route", .route), ("side", .side), ("status", .status), ("method", .tappedMethod),
        ("path-prefix", .pathPrefix), ("min-duration", .minimumDuration), ("sample", .sample), ("limit", .limit),
    ]

    static func run(_ invocation: Invocation) async throws -> Answer {
        let query = filters.compactMap { option, parameter in invocation.inputs[option].map { (parameter, $0) } }
        let printer = TapPrinter(invocation.console, asJSON: invocation.wantsJSON)
        invocation.console.outlet.endsWithReader()
        try await invocation.admin().tap(query) { printer.take($0) }
        guard printer.hasEnded else {
            throw OperationFailure(
                .unreachable, "the router ended the tap: it stops, or was stopped",
                fix: "strangler status, then try again")
        }
        return .said
    }
}

/// Writes what a tap brings: lines to standard output, and what was left out where it is noticed.
private final class TapPrinter: Sendable {
    private struct State {
        var reader = EventReader()
        var hasEnded = false
    }

    private let console: Console
    private let asJSON: Bool
    private let state = Mutex(State())

    init(_ console: Console, asJSON: Bool) {
        self.console = console
        self.asJSON = asJSON
    }

    /// The tap had its limit.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func take(_ bytes: [UInt8]) {
        let events = state.withLock { $0.reader.read(bytes) }
        var text = ""
        for event in events {
            switch event.name {
            case "exchange":
                if asJSON {
                    text += event.data + "\n"
                } else if let line = TapLine.text(event.data, console.outStyle) {
                    text += line + "\n"
                }
            case "dropped":
                if asJSON {
                    text += event.data + "\n"
                } else {
                    let count = event.data.filter(\.isNumber)
                    console.warn("\(count) more were left out: more than this tap takes; --sample or a filter helps")
                }
            case "end": state.withLock { $0.hasEnded = true }
            default: break
            }
        }
        if asJSON { console.print(json: text) } else { console.print(text) }
    }
}
