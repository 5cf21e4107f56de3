import AdminClient
import Arguments
import ControlKit

/// `strangler top`: what each side of each route does now, from the difference of two looks at the router's counters.
enum TopCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let admin = try invocation.admin()
        let interval =
            try invocation.inputs["interval"].map {
                try Invocation.duration($0, option: "--interval")
            } ?? .seconds(1)
        guard interval >= .milliseconds(10), interval <= .seconds(3600) else {
            throw OperationFailure(.usage, "--interval is from 10ms to 1h")
        }
        let limit = try invocation.inputs.has("once") ? 1 : count(invocation)
        if limit != 1 { invocation.console.outlet.endsWithReader() }
        var screen = FullScreen(invocation.wantsJSON || limit == 1 ? nil : invocation.console)
        defer { screen.close() }
        var before = TopSample(try await admin.statusWithLatencies())
        var shown = 0
        while true {
            try await Task.sleep(for: interval)
            let after = TopSample(try await admin.statusWithLatencies())
            let frame = TopFrame(from: before, to: after)
            before = after
            shown += 1
            if invocation.wantsJSON, limit != 1 {
                invocation.console.print(json: frame.datum.json(pretty: false) + "\n")
                if shown == limit { return .said }
            } else if shown == limit {
                // The last one is the response, so that it stays when the live table is gone.
                let lines = TopReport.lines(
                    frame, width: invocation.console.columns, invocation.console.outStyle)
                return Answer([.lines(lines)], data: frame.datum)
            } else if let size = screen.size {
                screen.show(
                    TopReport.lines(
                        frame, width: size.columns, height: size.lines - 1, invocation.console.outStyle))
            } else {
                invocation.console.print(
                    TopReport.lines(frame, width: invocation.console.columns, invocation.console.outStyle).joined(
                        separator: "\n") + "\n\n")
            }
        }
    }

    private static func count(_ invocation: Invocation) throws(OperationFailure) -> Int? {
        guard let text = invocation.inputs["count"] else { return nil }
        guard let count = Int(text), count > 0 else { throw OperationFailure(.usage, "--count is a number above 0") }
        return count
    }
}
