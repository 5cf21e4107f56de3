import JSON
import TestSupport
import Testing

@testable import Router

/// Which methods a mirror copies, set while the router serves.
struct MirrorMethodsTests {
    @Test func `methods are set with the share, and what else the mirror says stays`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port,
                route: #""mirror": { "percent": 0, "timeout": "3s", "body": "1KiB" },"#))
        let (status, answer) = try router.admin(
            "POST", "/v1/routes/all/mirror", #"{"percent": 100, "methods": ["POST", "PURGE"]}"#)
        #expect(status == 200, "\(answer.root["detail"]?.string ?? "")")
        #expect(answer.root["changed"]?.bool == true)
        let mirror = try router.admin("GET", "/v1/routes").json.root["routes"]?[0]?["mirror"]
        #expect(mirror?["methods"]?.elements.compactMap(\.string) == ["POST", "PURGE"])
        #expect(mirror?["timeout"]?.string == "3s")
        #expect(mirror?["body"]?.string == "1KiB")
        let client = try router.client()
        // Of methods without a number of their own, only the named one.
        for method in ["GET", "MKCOL", "PURGE", "POST"] {
            try client.send("\(method) /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            _ = try client.readMessage()
        }
        var answered = 0
        for _ in 0..<5000 where answered < 2 {
            answered = try router.admin("GET", "/v1/status").json.root["routes"]?[0]?["mirror"]?["answered"]?.int ?? 0
        }
        #expect(answered == 2)
        #expect(Set(new.requests.map { String($0.head.prefix(4)) }) == ["POST", "PURG"])
        // The same again is no change; other methods at the same share are one.
        let body = #"{"percent": 100, "methods": ["POST", "PURGE"]}"#
        #expect(try router.admin("POST", "/v1/routes/all/mirror", body).json.root["changed"]?.bool == false)
        let others = #"{"percent": 100, "methods": ["GET"]}"#
        #expect(try router.admin("POST", "/v1/routes/all/mirror", others).json.root["changed"]?.bool == true)
    }

    @Test(arguments: [
        #"{"percent": 1}"#, #"{"percent": 1, "methods": ["GET", "HEAD"]}"#, #"{"percent": 1, "methods": ["TRACE"]}"#,
    ])
    func `a mirror that can never copy is refused`(body: String) throws {
        let router = try RouterFixture(
            configuration(legacy: try refusedPort(), service: try refusedPort()).replacing(
                #"{ "prefix": "/" }"#, with: #"{ "prefix": "/", "methods": ["POST"] }"#))
        let (status, answer) = try router.admin("POST", "/v1/routes/all/mirror", body)
        #expect(status == 422)
        #expect(answer.root["code"]?.string == "mirror_refused")
        #expect(try router.admin("POST", "/v1/routes/all/mirror", #"{"percent": 0}"#).status == 200)
    }

    @Test(arguments: [
        #"{"percent": 1, "methods": []}"#, #"{"percent": 1, "methods": ["get"]}"#, #"{"percent": 1, "methods": "GET"}"#,
    ])
    func `what is no list of methods is told so`(body: String) throws {
        let router = try RouterFixture(configuration(legacy: try refusedPort(), service: try refusedPort()))
        #expect(try router.admin("POST", "/v1/routes/all/mirror", body).status == 400)
    }
}
