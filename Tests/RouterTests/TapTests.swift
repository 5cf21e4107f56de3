import EventLoop
import Glibc
import JSON
import Routing
import TestSupport
import Testing

@testable import Router

struct TapFilterTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let filter: TapFilter
        let takes: Bool
    }

    /// Held against a GET of /api/x on route r, side service, 503, 2 ms, draw 6.
    @Test(arguments: [
        Case(testDescription: "nothing asked", filter: TapFilter(), takes: true),
        Case(testDescription: "route", filter: TapFilter(route: "r"), takes: true),
        Case(testDescription: "another route", filter: TapFilter(route: "q"), takes: false),
        Case(testDescription: "side", filter: TapFilter(side: .service), takes: true),
        Case(testDescription: "the other side", filter: TapFilter(side: .legacy), takes: false),
        Case(testDescription: "class", filter: TapFilter(status: .inClass(5)), takes: true),
        Case(testDescription: "another class", filter: TapFilter(status: .inClass(4)), takes: false),
        Case(testDescription: "code", filter: TapFilter(status: .exactly(503)), takes: true),
        Case(testDescription: "another code", filter: TapFilter(status: .exactly(502)), takes: false),
        Case(testDescription: "method", filter: TapFilter(method: "GET"), takes: true),
        Case(testDescription: "another method", filter: TapFilter(method: "POST"), takes: false),
        Case(testDescription: "prefix", filter: TapFilter(pathPrefix: Array("/api".utf8)), takes: true),
        Case(
            testDescription: "longer than the path", filter: TapFilter(pathPrefix: Array("/api/xy".utf8)), takes: false),
        Case(testDescription: "as slow", filter: TapFilter(minimumMicroseconds: 2000), takes: true),
        Case(testDescription: "slower", filter: TapFilter(minimumMicroseconds: 2001), takes: false),
        Case(testDescription: "sampled", filter: TapFilter(sample: 3), takes: true),
        Case(testDescription: "not sampled", filter: TapFilter(sample: 4), takes: false),
    ])
    func `a filter takes what it says`(_ test: Case) {
        let path = Array("/api/x".utf8)
        let takes = path.withUnsafeBytes { path in
            test.filter.takes(
                route: "r", side: .service, status: 503, method: "GET", path: path, microseconds: 2000, draw: 6)
        }
        #expect(takes == test.takes)
    }

    @Test(arguments: [
        ("200", true), ("5xx", true), ("5XX", true), ("6xx", false), ("20", false), ("2000", false), ("", false),
        ("2x0", false),
    ])
    func `a status is a code or a class`(_ text: String, _ isOne: Bool) {
        #expect((TapFilter.Status(text) != nil) == isOne)
    }
}

struct TapTests {
    private func fixture(threads: Int = 1) throws -> (RouterFixture, EchoUpstream) {
        let old = try EchoUpstream("old")
        return (try RouterFixture(configuration(legacy: old.port, service: try refusedPort()), threads: threads), old)
    }

    /// A tap whose head has come.
    private func tap(_ router: RouterFixture, _ query: String = "") throws -> RawClient {
        let client = try RawClient(port: router.adminPort)
        try client.send("GET /v1/tap\(query) HTTP/1.1\r\nhost: localhost\r\n\r\n")
        #expect(try client.read(until: "\r\n\r\n").contains("text/event-stream"))
        return client
    }

    /// The data of the next `count` exchanges.
    private func exchanges(_ client: RawClient, _ count: Int) throws -> [JSONValue] {
        try (0..<count).map { _ in
            let event = try client.read(until: "}\n\n")
            let data = try #require(event.split(separator: "data: ").last)
            return try JSONDocument(Array(data.utf8)).root
        }
    }

    @Test(arguments: [1, 3])
    func `a tap shows each exchange, redacted as in the access log`(threads: Int) throws {
        let (router, old) = try fixture(threads: threads)
        let client = try tap(router, "?route=all&side=legacy")
        for _ in 0..<6 { _ = try router.get("/a/b?token=secret1", "authorization: Bearer secret2\r\n") }
        let seen = try exchanges(client, 6)
        for line in seen {
            #expect(line["path"]?.string == "/a/b" && line["status"]?.int == 200 && line["route"]?.string == "all")
            #expect(line["end"]?.string == "completed" && line["bytes"]?.int == 3)
        }
        #expect(Set(seen.compactMap { $0["id"]?.string }).count == 6)
        withExtendedLifetime(old) {}
    }

    @Test func `it takes what it was asked for, and ends after its limit`() throws {
        let (router, old) = try fixture()
        let client = try tap(router, "?path_prefix=/want&method=get&status=2xx&limit=2")
        for path in ["/other", "/want/1", "/other", "/want/2", "/want/3"] { _ = try router.get(path) }
        #expect(try exchanges(client, 2).map { $0["path"]?.string } == ["/want/1", "/want/2"])
        #expect(try client.read(until: "0\r\n\r\n").contains("event: end"))
        withExtendedLifetime(old) {}
    }

    @Test func `several taps at once each have their filter, up to a limit`() throws {
        let (router, old) = try fixture()
        let taps = try (0..<TapHub.readerLimit).map { try tap(router, "?path_prefix=/\($0)&limit=1") }
        let refused = try router.admin("GET", "/v1/tap")
        #expect(refused.status == 503 && refused.json.root["code"]?.string == "busy")
        for index in taps.indices.reversed() { _ = try router.get("/\(index)") }
        for (index, client) in taps.enumerated() {
            #expect(try exchanges(client, 1)[0]["path"]?.string == "/\(index)")
        }
        withExtendedLifetime(old) {}
    }

    @Test func `when its reader goes, its place is free again`() throws {
        let (router, old) = try fixture()
        do {
            let taps = try (0..<TapHub.readerLimit).map { _ in try tap(router) }
            withExtendedLifetime(taps) {}
        }
        let end = Moment.read() + .seconds(10)
        var client: RawClient?
        while client == nil, Moment.read() < end { client = try? tap(router) }
        _ = try router.get("/later")
        #expect(try exchanges(try #require(client), 1)[0]["path"]?.string == "/later")
        withExtendedLifetime(old) {}
    }

    @Test(arguments: ["/a/b?token=secret", "/a/../under/way?x=1", "*"])
    func `an exchange that was under way when the tap was opened has its path`(_ target: String) throws {
        let (arrived, answers) = (Gate(), Gate())
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            arrived.open()
            answers.wait()
            try client.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let load = try router.client()
        try load.send("\(target == "*" ? "OPTIONS" : "GET") \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        let client = try tap(router)
        answers.open()
        let path = ["/a/b?token=secret": "/a/b", "/a/../under/way?x=1": "/under/way"][target] ?? target
        #expect(try exchanges(client, 1)[0]["path"]?.string == path)
    }

    @Test(arguments: [("/nowhere/1?q=2", "/nowhere/1", 404), ("/a%00b", "/a%00b", 400)])
    func `a request that goes nowhere has its path as well`(_ target: String, _ path: String, _ status: Int) throws {
        let old = try EchoUpstream("old")
        let only = configuration(legacy: old.port, service: try refusedPort())
            .replacing(#""prefix": "/" }"#, with: #""prefix": "/here" }"#)
        let router = try RouterFixture(only)
        let client = try tap(router)
        _ = try router.get(target)
        let seen = try exchanges(client, 1)[0]
        #expect(seen["path"]?.string == path && seen["status"]?.int == status)
        withExtendedLifetime(old) {}
    }

    /// A connection to the admin API's unix socket, whose buffers are small.
    private func unixClient(_ path: String) throws -> RawClient {
        let client = RawClient(fd: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client.fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw RawClient.Failure(description: "connect: errno \(errno)") }
        return client
    }

    @Test func `what does not fit is counted and told`() throws {
        let server = try RawServer { client in
            var head: [UInt8] = []
            while case .bytes(let bytes) = client.read() {
                head += bytes
                guard head.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
                head = []
                try client.send("HTTP/1.1 204 No Content\r\n\r\n")
            }
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let client = try unixClient("\(router.folder)/admin.sock")
        try client.send("GET /v1/tap HTTP/1.1\r\nhost: localhost\r\n\r\n")
        _ = try client.read(until: "\r\n\r\n")
        // Long paths, and nobody reads: the socket's buffers and the bounds hold less than this.
        let path = "/" + String(repeating: "p", count: 7000)
        let requests = 300
        let load = try router.client()
        for _ in 0..<requests {
            try load.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try load.read(until: "\r\n\r\n")
        }
        var seen = 0
        var dropped = 0
        var pending = ""
        while seen + dropped < requests {
            guard case .bytes(let bytes) = client.read() else { break }
            pending += String(decoding: bytes, as: UTF8.self)
            let events = pending.components(separatedBy: "\n\n")
            pending = events.last ?? ""
            for event in events.dropLast() {
                if event.contains("event: exchange") { seen += 1 }
                if let count = event.split(separator: "{\"dropped\":").last?.prefix(while: \.isNumber),
                    event.contains("event: dropped")
                {
                    dropped += Int(count) ?? 0
                }
            }
        }
        #expect(seen + dropped == requests)
        #expect(dropped > 0 && seen > 0)
    }

    @Test(arguments: ["?route=nosuch", "?side=left", "?status=6xx", "?sample=0", "?limit=0", "?min_duration=5"])
    func `a filter that makes no sense is refused`(_ query: String) throws {
        let (router, old) = try fixture()
        let (status, json) = try router.admin("GET", "/v1/tap\(query)")
        #expect(status == (query.contains("nosuch") ? 404 : 400))
        #expect(json.root["detail"]?.string?.isEmpty == false)
        withExtendedLifetime(old) {}
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var rest = self[...]
        var parts: [String] = []
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
