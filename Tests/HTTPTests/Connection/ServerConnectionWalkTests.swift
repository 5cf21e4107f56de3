import HTTP
import TestSupport
import Testing

/// Random orders of events, as clients, exchanges and deadlines bring them, and what holds in all of them.
@Suite struct ServerConnectionWalkTests {
    /// What an observer of the connection has seen: what the client was sent, and what the exchange was told.
    private struct Record {
        var requests = 0
        var endsTold = 0
        /// Of the request in service.
        var finalHeads = 0
        var continues = 0
        var bodyEnds = 0
        var hasBody = false
        var isInService = false
        /// No request may follow, and why.
        var isLast: String?
        var isClosed = false
    }

    @Test(arguments: 0..<40) func `whatever comes in whatever order, these hold`(seed: UInt64) {
        var exchanges = 0
        for walk in 0..<50 {
            var random = SplitMix(seed: seed &* 1_000 &+ UInt64(walk))
            var machine = ServerConnectionStateMachine()
            var record = Record()
            for _ in 0..<200 {
                let events = Bool.random(using: &random) ? Self.usual : ServerConnectionStateMachine.events
                guard let event = events.randomElement(using: &random) else { return }
                // The head says that the connection stays only where that was asked of the machine.
                if case .responseStarted(false, false) = event, !machine.mayKeepAlive(isBodyAtEnd: false) { continue }
                // What ends the connection is drawn seldom, or no walk would come far.
                var tried = machine
                let ends = Self.closing.contains(tried.apply(event)) || tried.closes && !machine.closes
                if ends, Int.random(in: 0..<40, using: &random) > 0 { continue }
                let action = Self.tell(event, &machine, &record)
                if Self.closing.contains(action) { _ = Self.tell(.closed, &machine, &record) }
            }
            // An end at last: what was begun must be told to have ended.
            _ = Self.tell(.closed, &machine, &record)
            #expect(record.requests == record.endsTold)
            exchanges += record.requests
        }
        #expect(exchanges > 100, "the walks see connections that are used again")
    }

    /// An exchange in good order is made of these.
    private static let usual: [ServerConnectionEvent] = [
        .headParsed(keep: true, expects: true), .continueWanted, .bodyArrived, .bodyEnded,
        .responseStarted(closes: false, switches: false), .responseFinished(atEnd: false, surplus: true),
    ]

    /// Upon these a connection closes.
    private static let closing: Set = ["leave", "lose", "close", "breakOff"]

    private static func tell(
        _ event: ServerConnectionEvent, _ machine: inout ServerConnectionStateMachine, _ record: inout Record
    ) -> String {
        let before = machine
        let action = machine.apply(event)
        note(event, action, before, &record)
        check(event, before, machine, record)
        return action
    }

    /// Writes down what the world sees when a connection carries the action out.
    private static func note(
        _ event: ServerConnectionEvent, _ action: String, _ before: ServerConnectionStateMachine,
        _ record: inout Record
    ) {
        switch (event, action) {
        case (.headParsed(let keep, _), "true"):
            #expect(record.isLast == nil, "a request after the last one: \(record.isLast ?? "")")
            #expect(!record.isInService, "a request before the response to the one before it")
            let isLast = before.closes || !keep
            record = Record(
                requests: record.requests + 1, endsTold: record.endsTold, isInService: true,
                isLast: isLast ? "said so" : nil)
        case (.bodyArrived, _): record.hasBody = true
        case (.bodyEnded, "true"): record.bodyEnds += 1
        case (.continueWanted, "true"):
            #expect(!record.hasBody, "100 Continue for a body that has come")
            #expect(record.finalHeads == 0, "100 Continue behind the response")
            record.continues += 1
        case (.responseStarted(let closes, let switches), "send"),
            (.responseStarted(let closes, let switches), "sendAndTunnel"):
            record.finalHeads += 1
            if closes || switches { record.isLast = "the response said so" }
        case (.requestRefused, let action) where action != "ignore":
            record.isLast = "refused"
            if action == "answerWithoutRequest" { record.finalHeads = 0 }
        case (.loginLost, _) where record.isInService: record.isLast = "a log-in was lost"
        case (.responseFinished, "next"), (.responseFinished, "closeWhenSent"), (.responseFinished, "linger"):
            if record.isInService { record.endsTold += 1 }
            record.isInService = false
            if action != "next" { record.isLast = "ended" }
            if action == "closeWhenSent" { #expect(event != .responseFinished(atEnd: false, surplus: true)) }
        case (.closed, _):
            if action == "true" { record.endsTold += 1 }
            #expect((action == "true") == record.isInService, "an end is told once")
            record.isInService = false
            record.isClosed = true
        default: break
        }
    }

    private static func check(
        _ event: ServerConnectionEvent, _ before: ServerConnectionStateMachine, _ after: ServerConnectionStateMachine,
        _ record: Record
    ) {
        #expect(record.finalHeads <= 1, "one final response to a request")
        #expect(record.continues <= 1, "one 100 Continue")
        #expect(record.bodyEnds <= 1, "one end of a request")
        #expect(after.isOpen == record.isInService)
        #expect(!before.closes || after.closes, "who closes does not change their mind")
        if record.isClosed {
            #expect(after == before || event == .closed, "nothing happens after the close")
            #expect(!after.isResponding && !after.mayInform && !after.isOpen)
        }
        if after.isIdle { #expect(after.isUnanswered && !after.isOpen && !after.awaitsContinue) }
    }
}
