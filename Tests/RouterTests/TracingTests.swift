import TestSupport
import Testing

@testable import Router

/// What a request without a valid `traceparent` gets.
struct TracingTests {
    private static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

    private func traces(_ setting: String, _ fields: String, times: Int = 1) throws -> [String?] {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: try refusedPort(), top: setting.isEmpty ? "" : #""tracing": "\#(setting)","#)
        )
        for _ in 0..<times { #expect(try router.get("/", fields).body == "old") }
        return old.requests.map { request in
            request.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("traceparent:") }
                .map { String($0.dropFirst("traceparent: ".count)) }
        }
    }

    @Test(arguments: [("", "-01"), ("create", "-01"), ("sample:1", "-01"), ("sample:0", "-00")])
    func `a new trace is sampled as the policy says`(setting: String, flags: String) throws {
        let trace = try #require(try traces(setting, "")[0])
        #expect(trace.hasSuffix(flags))
        #expect(Array(trace.utf8).withUnsafeBytes(Exchange.isTraceParent))
    }

    @Test func `off makes none, and passes on what came`() throws {
        #expect(try traces("off", "") == [nil])
        #expect(try traces("off", "traceparent: nonsense\r\n") == ["nonsense"])
    }

    @Test(arguments: ["", "off", "sample:1"]) func `a valid one is passed on as it came`(setting: String) throws {
        #expect(try traces(setting, "traceparent: \(Self.valid)\r\n") == [Self.valid])
    }

    @Test func `a share is sampled, by the random bits of the trace`() throws {
        let traces = try traces("sample:0.5", "", times: 60).compactMap { $0 }
        let threshold = UInt64(1) << 55
        for trace in traces {
            let bits = try #require(UInt64(trace.dropFirst(3 + 18).prefix(14), radix: 16))
            #expect(trace.hasSuffix(bits < threshold ? "-00" : "-01"))
        }
        #expect(traces.contains { $0.hasSuffix("-00") } && traces.contains { $0.hasSuffix("-01") })
    }

    @Test(arguments: [
        (valid, true), ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
        ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false), ("", false),
    ])
    func `what is valid is what the recommendation says`(text: String, isValid: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes(Exchange.isTraceParent) == isValid)
    }
}
