import AdminClient
import Arguments
import ControlKit
import Routing
import Synchronization
import Telemetry

/// `strangler logs`: what the router tells of itself as it happens, or its access log, in words.
enum LogsCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        if invocation.inputs.has("access") { return try await access(invocation) }
        let reader = Mutex(EventReader())
        let (console, asJSON) = (invocation.console, invocation.wantsJSON)
        console.outlet.endsWithReader()
        try await invocation.admin().events { bytes in
            for event in reader.withLock({ $0.read(bytes) }) {
                if asJSON {
                    let datum: OutputValue = ["event": .string(event.name)]
                    // The data is an object already: its members follow the event's name.
                    console.print(json: datum.json(pretty: false).dropLast() + "," + event.data.dropFirst() + "\n")
                } else if let line = EventLine.text(event, console.outStyle) {
                    console.print(line + "\n")
                }
            }
        }
        throw OperationFailure(
            .unreachable, "the router ended its events: it stops, or was stopped", fix: "strangler status")
    }

    private static func access(_ invocation: Invocation) async throws -> Answer {
        let path = try accessLog(invocation)
        guard let count = Int(invocation.inputs["lines"] ?? "10"), (0...10_000).contains(count) else {
            throw OperationFailure(.usage, "--lines is from 0 to 10,000")
        }
        let file = FollowedFile(path: path)
        guard let last = file.last(count) else {
            throw OperationFailure(
                .failed, "cannot read the access log \(path)", fix: "the router makes it when it starts, or reloads")
        }
        show(last, invocation)
        if !invocation.inputs.has("once") { invocation.console.outlet.endsWithReader() }
        while !invocation.inputs.has("once") {
            try await Task.sleep(for: .milliseconds(200))
            show(file.next(), invocation)
        }
        return .said
    }

    private static func show(_ lines: [String], _ invocation: Invocation) {
        let console = invocation.console
        if invocation.wantsJSON {
            console.print(json: lines.map { $0 + "\n" }.joined())
        } else {
            console.print(
                lines.map { (TapLine.text($0, console.outStyle) ?? Printable.line($0)) + "\n" }.joined())
        }
    }

    /// Where the router of this configuration writes it.
    private static func accessLog(_ invocation: Invocation) throws(OperationFailure) -> String {
        switch try invocation.routesDocument().accessLog {
        case .file(let path, _): return FileSystem.resolve(path, in: invocation.configFolder)
        case .socket(let path):
            throw OperationFailure(
                .failed, "the access log goes to the socket \(path): its reader has the lines",
                fix: "strangler tap shows live exchanges")
        case nil:
            throw OperationFailure(
                .failed, "the access log is off",
                fix: "\"accessLog\": \"access.log\" in \(invocation.configPath), then SIGHUP",
                "strangler tap shows live exchanges")
        }
    }
}
