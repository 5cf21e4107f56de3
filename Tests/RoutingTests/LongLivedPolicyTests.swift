import Testing

@testable import Routing

struct LongLivedPolicyTests {
    struct Flip: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var action: LongLivedPolicy.Action = .close
        var from: Int32 = 100
        var to: Int32 = 0
        let situation: LongLivedPolicy.Situation
        let expected: LongLivedPolicy.FlipAction
    }

    @Test(arguments: [
        Flip(
            testDescription: "a fall takes it from the service", situation: .init(side: .service, keySide: .legacy),
            expected: .mark),
        Flip(
            testDescription: "the key stayed on the service", to: 50,
            situation: .init(side: .service, keySide: .service), expected: .leave),
        Flip(
            testDescription: "a fall touches nothing on legacy", situation: .init(side: .legacy, keySide: .service),
            expected: .leave),
        Flip(
            testDescription: "a rise takes it from legacy", from: 0, to: 100,
            situation: .init(side: .legacy, keySide: .service), expected: .mark),
        Flip(
            testDescription: "the key stayed on legacy", from: 0, to: 10,
            situation: .init(side: .legacy, keySide: .legacy), expected: .leave),
        Flip(
            testDescription: "a rise touches nothing on the service", from: 0, to: 100,
            situation: .init(side: .service, keySide: .legacy), expected: .leave),
        Flip(
            testDescription: "pinned", action: .pin, situation: .init(side: .service, keySide: .legacy),
            expected: .leave),
        Flip(
            testDescription: "drained", action: .drain, situation: .init(side: .service, keySide: .legacy),
            expected: .mark),
        Flip(
            testDescription: "chose its side itself", situation: .init(side: .service, keySide: .legacy, isApart: true),
            expected: .leave),
        Flip(
            testDescription: "no change", to: 100, situation: .init(side: .service, keySide: .legacy), expected: .leave),
        Flip(
            testDescription: "marked, and lost again",
            situation: .init(side: .service, keySide: .legacy, isMarked: true), expected: .keepMark),
        Flip(
            testDescription: "marked, and its key came back", from: 0, to: 100,
            situation: .init(side: .service, keySide: .service, isMarked: true), expected: .leave),
        Flip(
            testDescription: "without a key, all was lost", situation: .init(side: .service, keySide: nil),
            expected: .mark),
        Flip(
            testDescription: "without a key, marked already", to: 99,
            situation: .init(side: .service, keySide: nil, isMarked: true), expected: .keepMark),
    ])
    func `at a flip`(_ flip: Flip) {
        var share = ShareAccumulator()
        let action = LongLivedPolicy(action: flip.action).flipped(
            flip.situation, from: Percent(ticks: flip.from * 10_000), to: Percent(ticks: flip.to * 10_000),
            share: &share)
        #expect(action == flip.expected)
    }

    @Test(arguments: [(100, 75, 25), (40, 10, 75), (0, 25, 25), (50, 75, 50), (0, 100, 100)] as [(Int32, Int32, Int)])
    func `keyless exchanges are marked in proportion to the change`(_ from: Int32, _ to: Int32, _ marked: Int) {
        var share = ShareAccumulator()
        let situation = LongLivedPolicy.Situation(side: to < from ? .service : .legacy, keySide: nil)
        let count = (0..<100).count { _ in
            LongLivedPolicy(action: .close).flipped(
                situation, from: Percent(ticks: from * 10_000), to: Percent(ticks: to * 10_000), share: &share) == .mark
        }
        #expect(count == marked)
    }

    @Test func `closing is spread evenly over the jitter, draining is not`() {
        let close = LongLivedPolicy(action: .close, jitter: .seconds(30))
        for place in 0..<60 {
            for draw in [0, 1 << 31, UInt32.max] {
                let wait = close.wait(place: place, of: 60, draw: draw)
                #expect(wait >= .milliseconds(place * 500) && wait <= .milliseconds((place + 1) * 500))
            }
        }
        #expect(LongLivedPolicy(action: .drain).wait(place: 5, of: 60, draw: 77) == .seconds(300))
    }

    @Test(
        arguments: [
            (.tunnel, 6, .end), (.stream, 5, .end), (.tunnel, 1, .lookAgain(after: .seconds(4))),
            (.stream, 0, .lookAgain(after: .seconds(5))), (.upload, 100, .lookAgain(after: .seconds(5))),
            (.waiting, 100, .lookAgain(after: .seconds(5))), (.download, 100, .leave),
        ] as [(LongLivedPolicy.Kind, Int, LongLivedPolicy.DueAction)])
    func `only tunnels and streams are ended, and none that is young`(
        _ kind: LongLivedPolicy.Kind, _ age: Int, _ expected: LongLivedPolicy.DueAction
    ) {
        #expect(LongLivedPolicy(action: .close).due(kind, age: .seconds(age)) == expected)
    }

    @Test func `it is read from routes.json, over the defaults`() throws {
        let text = #"""
            {"defaults": {"longLived": {"policy": "drain", "deadline": "1m"}},
             "upstreams": {"m": {"endpoints": ["h:1"]}},
             "routes": [{"id": "a", "match": {"exact": "/a"}, "legacy": "m", "longLived": {"policy": "close", "jitter": "1s"}},
                        {"id": "b", "match": {"prefix": "/"}, "legacy": "m"}]}
            """#
        let document = try parsed(text)
        #expect(
            document.routes[0].longLived == LongLivedPolicy(action: .close, deadline: .seconds(60), jitter: .seconds(1))
        )
        #expect(document.routes[1].longLived == LongLivedPolicy(action: .drain, deadline: .seconds(60)))
    }
}
