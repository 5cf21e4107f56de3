import EventLoop
import HTTP
import TestSupport
import Testing

@testable import HTTPTransport

struct IdleLimitTests {
    private static func at(_ milliseconds: UInt64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }

    private static func limit(after closes: [(at: UInt64, age: UInt64)]) -> Moment.Span {
        var limit = IdleLimit(.seconds(4))
        for close in closes { limit.closed(age: .milliseconds(close.age), now: at(close.at)) }
        return limit.span
    }

    @Test(
        arguments: [
            ([], 4000),
            // One close is no rule.
            ([(at: 2_000, age: 2_000)], 4000),
            ([(at: 2_000, age: 2_000), (at: 4_000, age: 2_000)], 1500),
            // A server that looks once a second closes sooner and later; the soonest counts.
            ([(at: 3_000, age: 2_900), (at: 6_000, age: 2_100)], 1575),
            ([(at: 3_000, age: 2_100), (at: 6_000, age: 2_900)], 1575),
            // A restart closes everything together, at any age, and another one at other ages.
            ([(at: 9_000, age: 2_000), (at: 9_001, age: 1_900), (at: 9_050, age: 300), (at: 20_000, age: 70)], 4000),
            // What ends under load ended for another reason.
            ([(at: 1_000, age: 1), (at: 2_000, age: 1), (at: 3_000, age: 2)], 4000),
            // It is never raised above what is configured.
            ([(at: 60_000, age: 60_000), (at: 120_000, age: 60_000)], 4000),
        ] as [([(at: UInt64, age: UInt64)], UInt64)])
    func `closes that agree lower it`(closes: [(at: UInt64, age: UInt64)], expected: UInt64) {
        #expect(Self.limit(after: closes) == .milliseconds(expected))
    }

    @Test func `what was learned is let go of in steps`() {
        var limit = IdleLimit(.seconds(4))
        limit.closed(age: .seconds(1), now: Self.at(1_000))
        limit.closed(age: .seconds(1), now: Self.at(3_000))
        limit.aged(now: Self.at(302_999))
        #expect(limit.span == .milliseconds(750))
        limit.aged(now: Self.at(303_000))
        #expect(limit.span == .milliseconds(1500))
        // The server is as it was: one close is enough this time.
        limit.closed(age: .seconds(1), now: Self.at(310_000))
        #expect(limit.span == .milliseconds(750))
        for step in 1...4 { limit.aged(now: Self.at(310_000 + 300_000 * UInt64(step))) }
        #expect(limit.span == .seconds(4))
    }

    @Test(
        arguments: [
            ("timeout=5", 4000), ("timeout=5, max=100", 4000), ("max=100, Timeout=2", 1500), ("timeout=1", 750),
            ("timeout=0", 0), ("timeout=60", 59_000), ("timeout=99999999999999999999999999", 86_399_000),
            ("timeout=5 ", 4000), ("timeout=", nil), ("timeout", nil), ("max=5", nil), ("", nil), ("timeout=-1", nil),
            ("timeout=x", nil), ("xtimeout=5", nil), (",,timeout=3", 2250),
        ] as [(String, UInt64?)])
    func `what the server says is kept below`(value: String, expected: UInt64?) {
        let said = Array(value.utf8).withUnsafeBytes { IdleLimit.said(by: $0) }
        #expect(said == expected.map { .milliseconds($0) })
    }

    @Test func `whatever comes, it stays between nothing and what is configured`() {
        var random = SplitMix(seed: 11)
        var limit = IdleLimit(.seconds(4))
        var now: UInt64 = 0
        for _ in 0..<10_000 {
            now += random.next() % 1_000_000_000_000
            let age = random.next() >> (random.next() % 64)
            limit.closed(age: Moment.Span(nanoseconds: age), now: Moment(nanoseconds: now))
            limit.aged(now: Moment(nanoseconds: now))
            #expect(limit.span <= .seconds(4) && limit.span >= .milliseconds(37))
        }
    }
}

struct BodilessResponsesTests {
    @Test func `an answer to HEAD is trusted after sixteen that stayed quiet, and never again after one that did not`()
    {
        var answers = BodilessResponses()
        for _ in 0..<16 {
            #expect(answers.mustRest(.head))
            answers.rested(.head)
        }
        #expect(!answers.mustRest(.head))
        answers.bytesCame(.head)
        for _ in 0..<100 { answers.rested(.head) }
        #expect(answers.mustRest(.head))
    }

    @Test func `204 and 304 are trusted until bytes come behind one`() {
        var answers = BodilessResponses()
        #expect(!answers.mustRest(.noContent) && !answers.mustRest(.notModified))
        answers.bytesCame(.notModified)
        #expect(!answers.mustRest(.noContent) && answers.mustRest(.notModified))
    }

    @Test(
        arguments: [
            (HTTPMethod.head, 200, BodilessResponses.Kind.head), (.head, 304, .head), (.get, 304, .notModified),
            (.post, 204, .noContent), (.get, 200, nil), (.get, 404, nil),
        ] as [(HTTPMethod, UInt16, BodilessResponses.Kind?)])
    func `which answers these are`(method: HTTPMethod, status: UInt16, kind: BodilessResponses.Kind?) {
        #expect(BodilessResponses.Kind(method, HTTPStatus(status)) == kind)
    }
}
