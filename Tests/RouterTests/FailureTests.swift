import Foundation
import HTTP
import HTTPTransport
import Testing

@testable import Router

/// The one vocabulary of failures: what each says to the client, to the operator and to the retry rule.
@Suite struct FailureTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let failure: Failure
        let origin: Failure.Origin
        let reach: Failure.Reach
        let status: UInt16
        let reason: String
        let setting: String?
        var testDescription: String { reason }

        init(
            _ failure: Failure, _ origin: Failure.Origin, _ reach: Failure.Reach, _ status: UInt16, _ reason: String,
            _ setting: String? = nil
        ) {
            (self.failure, self.origin, self.reach) = (failure, origin, reach)
            (self.status, self.reason, self.setting) = (status, reason, setting)
        }
    }

    static let table = [
        Row(.bodyTooLarge, .client, .nothing, 413, "body_too_large", "limits.body"),
        Row(.requestTimeout, .client, .nothing, 408, "request_timeout"),
        Row(.noRoute, .configuration, .nothing, 404, "no_route"),
        Row(.inFlight, .router, .nothing, 503, "in_flight", "limits.inFlight"),
        Row(.memory, .router, .nothing, 503, "memory", "limits.held"),
        Row(.holdFull, .router, .nothing, 503, "hold_full"),
        Row(.heldTooLong, .router, .nothing, 503, "held_too_long"),
        Row(.misdirected, .router, .response, 503, "misdirected"),
        Row(.exchangeTimeout, .router, .request, 504, "exchange_timeout", "timeouts.request"),
        Row(.noConnection, .upstream, .nothing, 503, "upstream_connections", "connections"),
        Row(.queueFull, .upstream, .nothing, 503, "upstream_queue", "pending"),
        Row(.noStream, .upstream, .nothing, 503, "upstream_streams", "streams"),
        Row(.circuitOpen, .upstream, .nothing, 503, "circuit_open", "breaker"),
        Row(.connectRefused, .upstream, .nothing, 502, "connection_refused"),
        Row(.connectFailed, .upstream, .nothing, 502, "connection_failed"),
        Row(.connectTimeout, .upstream, .nothing, 504, "connection_timeout", "timeouts.connect"),
        Row(.closedUnsent, .upstream, .nothing, 502, "closed_unsent"),
        Row(.closedUnanswered, .upstream, .request, 502, "closed_unanswered"),
        Row(.closedInHead, .upstream, .response, 502, "closed_in_head"),
        Row(.responseTimeout, .upstream, .request, 504, "response_timeout", "timeouts.response"),
        Row(.idleTimeout, .upstream, .request, 504, "idle_timeout", "timeouts.idle"),
        Row(.malformedResponse, .upstream, .response, 502, "malformed_response"),
        Row(.responseCut, .upstream, .response, 502, "response_cut"),
    ]

    @Test(arguments: table)
    func `a failure says where it arose, how far it came and what the client gets`(_ row: Row) {
        #expect(row.failure.origin == row.origin)
        #expect(row.failure.reach == row.reach)
        #expect(row.failure.status == row.status)
        #expect(row.failure.reason.description == row.reason)
        #expect(row.failure.setting?.description == row.setting)
        #expect(row.failure.retryAfterSeconds == (row.status == 503 ? 1 : 0))
        #expect(row.failure.title.utf8CodeUnitCount > 0 && row.failure.detail.utf8CodeUnitCount > 0)
        // A side fails by what was tried on it, and by nothing that was refused before.
        #expect(row.failure.blamesUpstream == (row.origin == .upstream && row.status != 503))
    }

    @Test func `the table has every failure once and no reason twice`() {
        #expect(Self.table.map(\.failure) == Failure.allCases)
        #expect(Set(Failure.allCases.map(\.reason.description)).count == Failure.allCases.count)
        let rules = Set(HTTPViolation.allCases.map(\.label))
        // A body that is too large is one rule and one failure, and means the same.
        #expect(Failure.allCases.filter { rules.contains($0.reason.description) } == [.bodyTooLarge])
    }

    /// What may have been seen is repeated only when repeating cannot matter; what has a response, never on the same
    /// side.
    @Test(arguments: Failure.allCases, [true, false])
    func `only what cannot matter is repeated`(_ failure: Failure, _ isIdempotent: Bool) {
        var budget = RetryBudget()
        let situation = RetryRule.Situation(
            failure: failure, isIdempotent: isIdempotent, isRead: isIdempotent, isReplayable: true,
            responseBegun: false,
            retries: 0, waited: 0, mayFallBack: false, hasSibling: true)
        let decision = RetryRule().decide(situation, random: 0, budget: &budget)
        let isRepeated = if case .retry = decision { true } else { false }
        switch failure {
        case .connectRefused, .connectFailed, .connectTimeout, .closedUnsent: #expect(isRepeated)
        case .closedUnanswered: #expect(isRepeated == isIdempotent)
        default: #expect(decision == .giveUp)
        }
        if isRepeated { #expect(failure.reach == .nothing || failure.reach == .request && isIdempotent) }
    }

    @Test func `a refused request names the same setting in each of its tables`() {
        for violation in HTTPViolation.allCases {
            guard let key = violation.requestKey else { continue }
            let lack = EdgeLack(violation)
            #expect(violation == .bodyTooLarge || lack?.path.description == key.description, "\(violation)")
        }
        for lack in EdgeLack.allCases { #expect(lack.path.description.hasSuffix(lack.key)) }
    }

    /// What the manual says of each failure, by its reason, is what the router says.
    @Test func `the manual has a row for each failure`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let manual = try String(contentsOf: root.appending(path: "docs/operations.md"), encoding: .utf8)
        // The labels of rules stand for what is malformed.
        for row in Self.table where row.failure != .malformedResponse {
            let line = manual.split(separator: "\n").first { $0.hasPrefix("| `\(row.reason)` |") }
            let text = try #require(line, "\(row.reason)")
            // The client of a response that broke off has the status of that response.
            if row.failure != .responseCut { #expect(text.contains("| \(row.status) |")) }
            if let setting = row.setting { #expect(text.contains("`\(setting)`")) }
        }
    }

    @Test func `failures are counted by the rule that a response broke`() {
        var counts = FailureCounts()
        counts.count(.malformedResponse, .bareLineFeed)
        counts.count(.connectRefused, .bareLineFeed)
        counts.count(.connectRefused, nil)
        var all = counts
        all.add(counts)
        #expect(all.figures.map { "\($0.reason) \($0.count)" } == ["connection_refused 4", "bare_line_feed 2"])
    }
}
