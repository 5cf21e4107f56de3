import Glibc
import Testing

@testable import Router

struct TakeoverMessageTests {
    static let messages: [TakeoverMessage] = [
        .claim(version: 1), .claim(version: 999_999), .offer(version: 1, packets: 128), .go, .serving,
        .ready(groups: []),
        .ready(groups: [0, 3, 127]), .sockets(group: 0, role: .data, name: "127.0.0.1:0"),
        .sockets(group: 5, role: .admin, name: "unix:/run/a folder\nwith a line/router.sock"),
        .sockets(group: 1, role: .takeover, name: "unix:/x.takeover"), .abort(reason: "no, not now"),
    ]

    @Test(arguments: messages)
    func `what is written is read again`(message: TakeoverMessage) {
        #expect(TakeoverMessage(message.bytes) == message)
    }

    @Test(arguments: [
        "", " ", "claim", "strangler-takeover", "strangler-takeover 1", "strangler-takeover one claim",
        "strangler-takeover 1 claim ", "strangler-takeover 1 claim now", "strangler-takeover -1 claim",
        "strangler-takeover 9999999 claim", "strangler-takeover 1 offer", "strangler-takeover 1 offer 129",
        "strangler-takeover 1 offer 99999999999999999999", "sockets 0 data", "sockets 0 data ", "sockets 0 other x",
        "sockets 128 data x", "sockets x data x", "sockets 0 data \(String(repeating: "x", count: 129))", "ready",
        "ready 0 1", "ready 0,x", "ready 128", "ready \(Array(repeating: "1", count: 129).joined(separator: ","))",
        "go ", "Go", "serving now", "done", "GET / HTTP/1.1\r\n\r\n", "abort \(String(repeating: "x", count: 257))",
    ])
    func `what is not exactly a message is none`(text: String) {
        #expect(TakeoverMessage(Array(text.utf8)) == nil)
    }

    @Test func `bytes that are no text, and more than a packet, are no message`() {
        #expect(TakeoverMessage([0xFF, 0xFE]) == nil)
        #expect(TakeoverMessage(Array("abort ".utf8) + Array(repeating: 0x20, count: 8 << 10)) == nil)
    }

    @Test func `a reason is cut, not refused`() {
        let long = TakeoverMessage.abort(reason: String(repeating: "x", count: 10_000))
        #expect(TakeoverMessage(long.bytes) == .abort(reason: String(repeating: "x", count: 256)))
    }
}

struct TakeoverOfferTests {
    typealias Action = TakeoverOffer.Action

    enum Event {
        case hears(TakeoverMessage?, refusal: String? = nil)
        case loopsStopped, peerGone, deadline, stopped
    }

    static func actions(_ events: [Event]) -> [Action] {
        var offer = TakeoverOffer()
        return events.map { event in
            switch event {
            case .hears(let message, let refusal): offer.received(message, refusal: refusal)
            case .loopsStopped: offer.acceptingStopped()
            case .peerGone: offer.peerClosed()
            case .deadline: offer.deadlineReached()
            case .stopped: offer.withdrawn()
            }
        }
    }

    static let claim = Event.hears(.claim(version: 1))
    static let ready = Event.hears(.ready(groups: [0, 2]))
    static let serving = Event.hears(.serving)

    @Test func `in order it ends with the sockets handed over, and nothing moves it any more`() {
        #expect(
            Self.actions([
                Self.claim, Self.ready, .loopsStopped, Self.serving, .peerGone, .deadline, .stopped, Self.claim,
            ])
                == [
                    .offer, .stopAccepting, .release, .handOver(kept: [0, 2]), .nothing, .nothing, .nothing, .nothing,
                ])
    }

    @Test(
        arguments: [
            (.hears(nil), "not the message that was due"), (.hears(.serving), "not the message that was due"),
            (.hears(.ready(groups: [])), "not the message that was due"),
            (.hears(.abort(reason: "full")), "the new process gave up: full"),
            (.hears(.claim(version: 2)), "this router speaks version 1 of the take-over, not 2"),
            (.hears(.claim(version: 1), refusal: "another take-over is under way"), "another take-over is under way"),
            (.peerGone, "the new process has gone"), (.deadline, "nothing was said in time"),
            (.stopped, "this router is stopping"),
        ] as [(Event, String)])
    func `whatever else comes first is refused`(event: Event, reason: String) {
        #expect(Self.actions([event, Self.claim]) == [.giveUp(reason, resumes: false), .nothing])
    }

    @Test(
        arguments: [
            (.hears(nil), "not the message that was due"), (claim, "not the message that was due"),
            (.hears(.ready(groups: [0]), refusal: "a rollback is in memory only"), "a rollback is in memory only"),
            (.hears(.abort(reason: "bad file")), "the new process gave up: bad file"),
            (.peerGone, "the new process has gone"), (.deadline, "the new process was not ready in time"),
            (.stopped, "this router is stopping"),
        ] as [(Event, String)])
    func `one that has the sockets and fails has changed nothing`(event: Event, reason: String) {
        #expect(Self.actions([Self.claim, event, Self.ready]) == [.offer, .giveUp(reason, resumes: false), .nothing])
    }

    @Test(
        arguments: [
            (.hears(nil), "not the message that was due"), (ready, "not the message that was due"),
            (.peerGone, "the new process has gone"), (.deadline, "a loop did not answer in time"),
            (.stopped, "this router is stopping"),
        ] as [(Event, String)])
    func `one that fails while the loops are stopping makes them accept again, and their late answer is nothing`(
        event: Event, reason: String
    ) {
        #expect(
            Self.actions([Self.claim, Self.ready, event, .loopsStopped]) == [
                .offer, .stopAccepting, .giveUp(reason, resumes: true), .nothing,
            ])
    }

    @Test(
        arguments: [
            (.hears(nil), "not the message that was due"), (ready, "not the message that was due"),
            (.hears(.abort(reason: "no memory")), "the new process gave up: no memory"),
            (.peerGone, "the new process has gone"), (.deadline, "the new process did not serve in time"),
            (.stopped, "this router is stopping"),
        ] as [(Event, String)])
    func `one that was let go ahead and does not serve makes the loops accept again`(event: Event, reason: String) {
        #expect(
            Self.actions([Self.claim, Self.ready, .loopsStopped, event, Self.serving]) == [
                .offer, .stopAccepting, .release, .giveUp(reason, resumes: true), .nothing,
            ])
    }

    @Test func `loops that answer before they were asked are no hand-over`() {
        #expect(Self.actions([.loopsStopped, Self.claim, .loopsStopped]) == [.nothing, .offer, .nothing])
    }
}

struct TakeoverClaimTests {
    typealias Action = TakeoverClaim.Action

    enum Event {
        case hears(TakeoverMessage?, descriptors: Int = 0)
        case prepared, peerGone, timeOut
    }

    static func actions(_ events: [Event]) -> [Action] {
        var claim = TakeoverClaim()
        return events.compactMap { event in
            switch event {
            case .hears(let message, let descriptors): return claim.received(message, descriptors: descriptors)
            case .prepared:
                claim.prepared()
                return nil
            case .peerGone: return claim.peerClosed()
            case .timeOut: return claim.timedOut()
            }
        }
    }

    static let offer = Event.hears(.offer(version: 1, packets: 2))
    static let first = Event.hears(.sockets(group: 0, role: .data, name: "a"), descriptors: 2)
    static let second = Event.hears(.sockets(group: 1, role: .admin, name: "b"), descriptors: 1)

    @Test func `in order it ends with serving`() {
        #expect(
            Self.actions([Self.offer, Self.first, Self.second, .prepared, .hears(.go), .peerGone])
                == [.wait, .keep, .prepare, .serve, .settled])
    }

    @Test func `a router that hangs after it let this one go ahead is not waited for`() {
        #expect(
            Self.actions([Self.offer, Self.first, Self.second, .prepared, .hears(.go), .hears(.go), .timeOut])
                == [.wait, .keep, .prepare, .serve, .wait, .settled])
    }

    @Test func `once it is ready, a router that has died without a word leaves it the serving`() {
        #expect(
            Self.actions([Self.offer, Self.first, Self.second, .prepared, .peerGone, .peerGone]) == [
                .wait, .keep, .prepare, .serve, .settled,
            ])
    }

    static let did = "the running router did not say what was due"

    @Test(
        arguments: [
            ([.hears(nil)], did), ([.hears(.go)], did),
            ([first], "the running router sent sockets that were not due"),
            ([.hears(.offer(version: 2, packets: 1))], "the running router speaks version 2 of the take-over"),
            ([.hears(.offer(version: 1, packets: 0))], "the running router has no sockets to hand over"),
            ([.hears(.abort(reason: "busy"))], "the running router refused: busy"),
            ([.peerGone], "the running router ended the take-over without a word"),
            ([.timeOut], "the running router did not answer in time"), ([offer, offer], did),
            ([offer, .hears(.go)], did),
            (
                [offer, .hears(.sockets(group: 0, role: .data, name: "a"))],
                "the running router announced sockets and sent none"
            ),
            ([offer, first, .peerGone], "the running router ended the take-over without a word"),
            ([offer, first, .timeOut], "the running router did not answer in time"),
            ([offer, first, second, second], "the running router sent sockets that were not due"),
            ([offer, first, second, .prepared, .hears(.abort(reason: "late"))], "the running router refused: late"),
            (
                [offer, first, second, .prepared, .hears(.go), .hears(.abort(reason: "too late"))],
                "the running router refused: too late"
            ),
            ([offer, first, second, .prepared, .timeOut], "the running router did not answer in time"),
            ([offer, first, second, .prepared, .hears(.ready(groups: []))], did),
        ] as [([Event], String)])
    func `anything else ends it, and the old one serves on`(events: [Event], reason: String) {
        #expect(Self.actions(events).last == .fail(reason))
    }
}

struct SocketGroupTests {
    @Test func `more sockets than a packet holds travel in several, and more than a take-over holds in none`() throws {
        let many = SocketGroup(role: .data, name: "a", descriptors: Array(0..<130))
        let one = SocketGroup(role: .admin, name: "b", descriptors: [200])
        let packets = try #require(SocketGroup.packets(of: [many, one]))
        #expect(packets.map(\.descriptors.count) == [64, 64, 2, 1])
        #expect(packets.flatMap(\.descriptors) == Array(0..<130) + [200])
        #expect(packets[2].message == .sockets(group: 0, role: .data, name: "a"))
        #expect(packets[3].message == .sockets(group: 1, role: .admin, name: "b"))
        #expect(SocketGroup.packets(of: Array(repeating: one, count: 129)) == nil)
    }

    @Test func `only what listens is inherited`() {
        let plain = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(plain) }
        let cases: [(TakeoverMessage, [Int32])] = [
            (.sockets(group: 0, role: .data, name: "a"), [plain]), (.go, []),
            (.sockets(group: 1, role: .data, name: "a"), []),
        ]
        for (message, descriptors) in cases {
            var inherited = InheritedSockets()
            let isTaken = inherited.add(message, descriptors)
            #expect(!isTaken)
        }
    }
}
