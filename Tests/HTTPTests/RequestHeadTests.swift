import HTTP
import Testing

@Suite struct RequestHeadTests {
    private func parse(_ message: String) throws -> (RequestHeadParser, [UInt8]) {
        let parser = RequestHeadParser(reservedPrefix: "x-strangler-")
        let bytes = latin1(message)
        try #require(bytes.withUnsafeBytes { parser.parse($0) } == .complete(headLength: bytes.count))
        return (parser, bytes)
    }

    private func text(_ range: ByteRange, _ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { String(decoding: range.slice(of: $0), as: UTF8.self) }
    }

    @Test(arguments: [
        ("/a/b?x=1", RequestHead.TargetForm.origin, "/a/b?x=1", "/a/b", "x=1", "h"),
        ("/a?", .origin, "/a?", "/a", "", "h"),
        ("http://b:1/a?x?y", .absolute, "/a?x?y", "/a", "x?y", "b:1"),
        ("http://b", .absolute, "", "", "", "b"),
        ("http://b?x", .absolute, "?x", "", "x", "b"),
    ])
    func `a target is taken apart`(
        _ target: String, _ form: RequestHead.TargetForm, _ pathAndQuery: String, _ path: String, _ query: String,
        _ host: String
    ) throws {
        let (parser, bytes) = try parse("\r\nPOST \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(parser.head.method == .post)
        #expect(text(parser.head.methodRange, bytes) == "POST")
        #expect(text(parser.head.target, bytes) == target)
        #expect(parser.head.targetForm == form)
        #expect(text(parser.head.pathAndQuery, bytes) == pathAndQuery)
        #expect(text(parser.head.path, bytes) == path)
        #expect(text(parser.head.query, bytes) == query)
        #expect(text(parser.head.host, bytes) == host)
    }

    @Test(arguments: HTTPMethod.allCases.filter { $0 != .other && $0 != .connect && $0 != .trace })
    func `known methods are known`(_ method: HTTPMethod) throws {
        let target = method == .options ? "*" : "/"
        #expect(try parse("\(method.name) \(target) HTTP/1.1\r\nHost: h\r\n\r\n").0.head.method == method)
        #expect(HTTPMethod(name: method.name.description) == method)
        #expect(try parse("\(method.name)X / HTTP/1.1\r\nHost: h\r\n\r\n").0.head.method == .other)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: Close\r\n", false),
        ("HTTP/1.1", "Connection: keep-alive, close\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true), ("HTTP/1.0", "Connection: x, Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false),
    ])
    func `a connection persists as version and Connection say`(_ version: String, _ fields: String, _ expected: Bool)
        throws
    {
        #expect(try parse("GET / \(version)\r\nHost: a\r\n\(fields)\r\n").0.head.keepAlive == expected)
    }

    private static let handshake = "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"

    @Test(arguments: [
        ("GET", "Connection: Upgrade\r\nUpgrade: WebSocket\r\n" + handshake, true),
        ("GET", "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n" + handshake, true),
        ("GET", "Upgrade: websocket\r\n" + handshake, false),
        ("GET", "Connection: upgrade\r\n" + handshake, false),
        ("GET", "Connection: upgrade\r\nUpgrade: h2c\r\n" + handshake, false),
        ("GET", "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n" + handshake, false),
        ("GET", "Connection: upgrade\r\nUpgrade: websocket\r\n", false),
        ("POST", "Connection: upgrade\r\nUpgrade: websocket\r\n" + handshake, false),
        ("GET", "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n" + handshake, false),
    ])
    func `only a whole handshake is an upgrade`(_ method: String, _ fields: String, _ expected: Bool) throws {
        let (parser, _) = try parse("\(method) / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        #expect(parser.head.isWebSocketUpgrade == expected)
    }

    @Test(arguments: [
        ("Content-Length: 1\r\nExpect: 100-continue\r\n", true), ("Expect: 100-continue\r\n", false),
        ("Content-Length: 0\r\nExpect: 100-continue\r\n", false),
        ("Transfer-Encoding: chunked\r\nExpect: 100-Continue\r\n", true),
    ])
    func `continue is expected only before a body`(_ fields: String, _ expected: Bool) throws {
        #expect(try parse("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").0.head.expectsContinue == expected)
    }

    @Test(arguments: KnownField.allCases.filter { !$0.name.description.isEmpty })
    func `a known field is found in any case of letters`(_ field: KnownField) throws {
        guard ![.host, .contentLength, .transferEncoding, .expect].contains(field) else { return }
        for name in [field.name.description, field.name.description.uppercased()] {
            let (parser, bytes) = try parse("GET / HTTP/1.1\r\nHost: a\r\n\(name): v\r\n\r\n")
            #expect(parser.fields[1].field == field)
            #expect(parser.fields.value(field).map { text($0, bytes) } == "v")
            #expect(parser.fields.first(field) == 1)
            for other in ["\(name)x", "x\(name)", String(name.dropLast())] where !other.isEmpty {
                #expect(try parse("GET / HTTP/1.1\r\nHost: a\r\n\(other): v\r\n\r\n").0.fields[1].field != field)
            }
        }
    }

    @Test func `lines of one field are counted and found in order`() throws {
        let (parser, bytes) = try parse(
            "GET / HTTP/1.1\r\nHost: a\r\nCookie: a\r\nX-Own: 1\r\ncookie:  b \r\nx-own: 2\r\n\r\n")
        #expect(parser.fields.count == 5)
        #expect(parser.fields.count(of: .cookie) == 2)
        #expect(parser.fields.count(of: .accept) == 0)
        #expect(parser.fields.count(of: .host) == 1)
        #expect(parser.fields.lastValue(.cookie).map { text($0, bytes) } == "b")
        #expect(parser.fields.lastValue(.host).map { text($0, bytes) } == "a")
        #expect(parser.fields.lastValue(.accept) == nil)
        parser.fields.forEach(.accept) { _ in Issue.record("there is none") }
        var cookies: [String] = []
        parser.fields.forEach(.cookie) { cookies.append(text($0.value, bytes)) }
        #expect(cookies == ["a", "b"])
        bytes.withUnsafeBytes { head in
            latin1("x-own").withUnsafeBytes { name in
                #expect(parser.fields.index(named: name, in: head) == 2)
                #expect(parser.fields.index(named: name, in: head, from: 3) == 4)
                #expect(parser.fields.index(named: name, in: head, from: 5) == nil)
                #expect(parser.fields.index(named: UnsafeRawBufferPointer(rebasing: name[..<0]), in: head) == nil)
            }
        }
        #expect(HTTPFields(parser.fields, in: UnsafeRawBufferPointer(start: nil, count: 0)).count == 5)
    }

    @Test func `hot values stay small`() {
        #expect(MemoryLayout<HeadProgress>.size <= 12)
        #expect(MemoryLayout<FieldTable.Entry>.stride == 24)
        #expect(MemoryLayout<RequestHead>.size <= 104)
        #expect(MemoryLayout<ChunkedDecoder>.size <= 88)
        #expect(MemoryLayout<ServerConnectionStateMachine>.size <= 5)
        #expect(MemoryLayout<ClientConnectionStateMachine>.size <= 8)
        #expect(KnownField.allCases.count < 64)
    }
}
