import Formats
import Testing

@testable import Routing

@Suite struct LiteralsTests {
    @Test(
        arguments: [
            ("250ms", 250_000_000), ("1.5s", 1_500_000_000), ("0.000000001s", 1), ("1us", 1_000),
            ("1.25h", 4_500_000_000_000),
            ("0.5m", 30_000_000_000), ("8784h", 31_622_400_000_000_000),
        ] as [(String, Int64)])
    func `times are read exactly`(text: String, nanoseconds: Int64) {
        #expect(DurationText.read(text) == .nanoseconds(nanoseconds))
    }

    @Test(arguments: [
        "", "5", "s", "0s", "1.s", ".5s", "1.2.3s", "1.0000000001s", "8785h", "99999999h", "31622400000000h",
        "99999999999999999999s", "0.0000001us", "-1s", "1 s", "1S", "31622400000.9s", "2562047.9999h",
    ])
    func `other times are refused`(text: String) { #expect(DurationText.read(text) == nil) }

    @Test(arguments: [("0B", 0), ("8KiB", 8_192), ("1MB", 1_000_000), ("1024GiB", 1 << 40)])
    func `sizes are read exactly`(text: String, bytes: Int) { #expect(SizeText.read(text) == bytes) }

    @Test(arguments: ["", "8", "KiB", "1.5KiB", "1025GiB", "9223372036854775807GiB", "99999999999999999999B", "8kib"])
    func `other sizes are refused`(text: String) { #expect(SizeText.read(text) == nil) }

    @Test(arguments: [
        ("h:1", Endpoint.tcp(host: "h", port: 1)), ("[::1]:80", .tcp(host: "::1", port: 80)),
        ("a_b.example-c:65535", .tcp(host: "a_b.example-c", port: 65_535)),
        ("unix:run/a.sock", .unix(path: "run/a.sock")),
    ])
    func `endpoints are read`(text: String, endpoint: Endpoint) { #expect(Literals.endpoint(text) == endpoint) }

    @Test(arguments: [
        "", "h", "h:", "h:65536", "h:+1", "h:123456", ":80", "[::1]", "[127.0.0.1]:80", "[x]:80", "a b:80", "unix:",
        "unix:a\0b",
        "http://h:80",
    ])
    func `other endpoints are refused`(text: String) { #expect(Literals.endpoint(text) == nil) }

    @Test(arguments: [
        ("240B/s", 240), ("1KiB/s", 1024), ("2KB", 2000), ("0", 0), ("off", 0), ("0B/s", 0),
    ])
    func `rates are read`(text: String, rate: Int) { #expect(SizeText.rate(text) == rate) }

    @Test(arguments: ["", "240", "B/s", "-1B/s", "1.5KiB/s", "240B/m", "240 B/s"])
    func `other rates are refused`(text: String) { #expect(SizeText.rate(text) == nil) }

    @Test(arguments: [
        ("200", [200...200]), ("200-399", [200...399]), ("200-299,401", [200...299, 401...401]),
        ("200 , 301-302", [200...200, 301...302]),
    ])
    func `status ranges are read`(text: String, ranges: [ClosedRange<UInt16>]) {
        #expect(StatusRanges(parsing: text)?.ranges == ranges)
    }

    @Test(arguments: ["", "2xx", "99", "600", "300-200", "200-", "-200", "200,", "20 0", "0200", "200-300-400"])
    func `other status ranges are refused`(text: String) { #expect(StatusRanges(parsing: text) == nil) }

    /// A form, a text of it, and whether it is one.
    @Test(arguments: [
        (TextForm.path, "/a%C3%A9", true), (.path, "/a%2", false), (.path, "/%zz", false), (.path, "/%+1", false),
        (.path, "/%Ee", true), (.path, "/%eE", true), (.path, "/%00", false), (.path, "/a b", true),
        (.path, "/é", true), (.path, "/%2e%2e/a", false), (.path, "/a\tb", false),
        (.path, "/a#b", false),
        (.path, "/a}b", false), (.path, "/a\"b", true), (.path, "/a\\b", false), (.path, "a", false),
        (.template, "/a/{id}/b", true), (.template, "a/{id}", false), (.template, "/{}", false),
        (.template, "/{a-b}", false),
        (.template, "/{a}/..", false), (.host, "example.org", true), (.host, "*.example.org", true),
        (.host, "[::1]", true),
        (.host, "example.org:80", false), (.host, "", false), (.host, "*.", false), (.host, "a/b", false),
        (.header, "x-a", true), (.header, "", false), (.header, "x a", false), (.method, "PURGE", true),
        (.method, "", false), (.method, "GE T", false), (.method, "get", false), (.file, "a", true), (.file, "", false),
        (.file, "a\0", false), (.name, "a.b-c_1", true), (.name, "", false), (.name, "-a", false),
        (.name, "a b", false),
        (.key, "client-ip", true), (.key, "header:X-User", true), (.key, "jwt", false), (.key, "jwt:", false),
        (.key, "jwt:a b", false), (.key, "header:a b", false), (.key, "cookie:a b", false), (.key, "ip:a", false),
        (.endpoint, "h:0", false), (.listener, "h:0", true), (.listener, "h", false), (.addressRange, "::/0", true),
        (.addressRange, "::/129", false), (.free, "", true), (.tracing, "off", true), (.tracing, "create", true),
        (.tracing, "sample:0.25", true), (.tracing, "sample:1", true), (.tracing, "sample:1.1", false),
        (.tracing, "sample:", false), (.tracing, "sample:nan", false), (.tracing, "sample:1e-3", false),
        (.tracing, "on", false), (.probePath, "/up?deep=1", true), (.probePath, "up", false),
        (.probePath, "/a b", false), (.authority, "app.example:8443", true), (.authority, "a b", false),
        (.authority, "a/b", false), (.authority, "", false), (.probeHeader, "authorization", true),
        (.probeHeader, "Host", false), (.probeHeader, "content-length", false), (.probeHeader, "a b", false),
        (.fieldValue, "Bearer x", true), (.fieldValue, "a\r\nb: c", false),
    ])
    func `forms are kept`(form: TextForm, text: String, isRight: Bool) {
        #expect((form.problem(with: text) == nil) == isRight)
    }

    @Test(arguments: [
        (TextForm.method, "get", "GET" as String?), (.method, "GE T", nil),
        (.endpoint, "http://h:1", "leave out http://"),
        (.endpoint, "::1:80", "brackets"), (.listener, ":80", "0.0.0.0:80"), (.listener, "h", nil),
        (.key, "headr:x", "header:x"), (.key, "client_ip", "client-ip"), (.key, "zzzzzzzzz:x", nil), (.path, "a", nil),
    ])
    func `help is given where it can be`(form: TextForm, text: String, part: String?) {
        let help = form.help(for: text)
        #expect(help.map { $0.contains(part ?? "nothing") } == part.map { _ in true })
    }

    @Test(arguments: [("Reads", "reads" as String?), ("raeds", "reads"), ("other", nil), ("reads", nil)])
    func `the nearest candidate is meant`(text: String, expected: String?) {
        #expect(Suggestion.nearest(to: text, among: ["reads"]) == expected)
    }
}
