import HTTP
import TestSupport
import Testing

/// Random orders of events, as upstreams, exchanges, pools and deadlines bring them, and what holds in all of them.
@Suite struct ClientConnectionWalkTests {
    /// What an observer has seen of the exchange that has the connection.
    private struct Record {
        var requests = 0
        var requestEnds = 0
        var interims = 0
        var finalHeads = 0
        var isTunnel = false
        var asked = false
        /// The request was whole, and taken by the upstream, when the response began.
        var wasWhole = false
        var keeps = false
        var hasBytes = false
        /// The end of the response has been told, and whether the pool may have the connection.
        var mayWait = false
        var isClosed = false
    }

    @Test(arguments: 0..<40) func `whatever comes in whatever order, these hold`(seed: UInt64) {
        var exchanges = 0
        for walk in 0..<50 {
            var random = SplitMix(seed: seed &* 1_000 &+ UInt64(walk))
            var machine = ClientConnectionStateMachine()
            var record = Record()
            for _ in 0..<200 {
                let events = Bool.random(using: &random) ? Self.usual : ClientConnectionStateMachine.events
                guard let event = events.randomElement(using: &random), event != .pooled else { continue }
                // What ends the connection is drawn seldom, or no walk would come far.
                var tried = machine
                var ends = event == .closed || Self.closing.contains(tried.apply(event))
                if tried.isHeadDelivered, !machine.isHeadDelivered, !tried.keepsAlive { ends = true }
                if ends, Int.random(in: 0..<20, using: &random) > 0 { continue }
                let action = Self.tell(event, &machine, &record)
                // What a connection does then; the pool takes what it is offered, or does not.
                if Self.closing.contains(action) {
                    _ = Self.tell(.closed, &machine, &record)
                } else if action == "offer" {
                    _ = Self.tell(Int.random(in: 0..<4, using: &random) > 0 ? .pooled : .closed, &machine, &record)
                }
                if event == .reused, action == "true" { exchanges += 1 }
            }
        }
        #expect(exchanges > 20, "the walks see connections that are used again")
    }

    /// An exchange in good order is made of these.
    private static let usual: [ClientConnectionEvent] = [
        .requestStarted(asks: false), .requestEnded, .bytesArrived, .headParsed(keep: true, unsent: false),
        .responseEnded(surplus: false, last: false, paused: false), .reused,
    ]

    /// Upon these a connection closes.
    private static let closing: Set = [
        "close", "fail", "discard", "endResponse", "refuseInterim", "refuseUpgrade", "failIdle", "failUnanswered",
        "endWaiting",
    ]

    private static func tell(
        _ event: ClientConnectionEvent, _ machine: inout ClientConnectionStateMachine, _ record: inout Record
    ) -> String {
        let before = machine
        let action = machine.apply(event)
        note(event, action, before, &record)
        check(before, machine, record)
        return action
    }

    /// Writes down what the world sees when a connection carries the action out.
    private static func note(
        _ event: ClientConnectionEvent, _ action: String, _ before: ClientConnectionStateMachine,
        _ record: inout Record
    ) {
        switch (event, action) {
        case (.reused, "true"): record = Record()
        case (.requestStarted(let asks), "true"):
            record.requests += 1
            record.asked = asks
        case (.requestEnded, "awaitResponse"), (.requestEnded, "proceed"): record.requestEnds += 1
        case (.bytesArrived, _) where before.isBusy: record.hasBytes = true
        case (.interimParsed, "deliverInterim"): record.interims += 1
        case (.upgradeParsed, "switchProtocols"):
            #expect(record.asked, "another protocol that nobody asked for")
            record.finalHeads += 1
            record.isTunnel = true
        case (.headParsed(let keep, let unsent), "deliver"):
            record.finalHeads += 1
            record.wasWhole = record.requestEnds == 1 && !unsent
            record.keeps = keep
        case (.responseEnded(let surplus, let last, let paused), "offer"):
            #expect(!surplus && !last && !paused)
            record.mayWait = true
        case (.timedOut(let paused, _), "failIdle"), (.timedOut(let paused, _), "failUnanswered"):
            #expect(!paused, "who is not read is not late")
        case (.closed, _): record.isClosed = true
        default: break
        }
    }

    private static func check(
        _ before: ClientConnectionStateMachine, _ after: ClientConnectionStateMachine, _ record: Record
    ) {
        #expect(record.requests <= 1, "one request in an exchange")
        #expect(record.requestEnds <= 1, "one end of a request")
        #expect(record.finalHeads <= 1, "one final response to a request")
        #expect(record.interims <= Int(ClientConnectionStateMachine.maximumInterim))
        #expect(after.hasResponseBytes == record.hasBytes, "once bytes came the request is not to be sent again")
        #expect(after.isHeadDelivered == (record.finalHeads == 1))
        #expect(!record.isTunnel || !after.isIdle, "a tunnel serves nobody else")
        if after.isIdle {
            #expect(record.mayWait && record.wasWhole && record.keeps, "both sides, and the request, must allow it")
        }
        if record.isClosed { #expect(!after.isBusy && !after.isIdle, "nothing after the close") }
        #expect(!before.wasReused || after.wasReused)
    }
}
