import ControlKit
import Parity
import Routing
import Strangler
import Testing

@Suite struct SideDirectoryTests {
    private static let routes = """
        {"version": 1,
         "upstreams": {"old": {"endpoints": ["127.0.0.1:9000"]}, "new": {"endpoints": ["127.0.0.1:9003"]}},
         "routes": [
           {"id": "profile", "match": {"prefix": "/api/profiles"}, "legacy": "old", "service": "new"},
           {"id": "rest", "match": {"prefix": "/"}, "legacy": "old"}]}
        """

    private func directory(_ against: String) throws -> SideDirectory {
        try SideDirectory(against: against) { () throws(OperationFailure) in
            switch RoutesDocument.parse(Array(Self.routes.utf8), file: "routes.json") {
            case .success(let document): return document
            case .failure(let problems): throw OperationFailure(.configuration, problems.description)
            }
        }
    }

    private func request(_ path: String) -> RenderedRequest {
        RenderedRequest(method: "GET", path: path, headers: [], body: [])
    }

    @Test(
        arguments: [
            ("legacy,service", "/api/profiles/1?x=1", "127.0.0.1:9000", "127.0.0.1:9003"),
            ("legacy,service", "/api/other", "127.0.0.1:9000", "127.0.0.1:9000"),
            ("service,legacy", "/api/profiles/1", "127.0.0.1:9003", "127.0.0.1:9000"),
            ("http://127.0.0.1:1/,127.0.0.1:2", "/x", "127.0.0.1:1", "127.0.0.1:2"),
            ("legacy,http://localhost:2/v2", "/api/profiles/1", "127.0.0.1:9000", "127.0.0.1:2"),
        ])
    func `a request goes to the upstreams of its route, or where it was said`(
        _ against: String, _ path: String, _ left: String, _ right: String
    ) throws {
        let directory = try directory(against)
        #expect(try directory.place(of: .legacy, request(path), route: nil).get().host == left)
        #expect(try directory.place(of: .service, request(path), route: nil).get().host == right)
    }

    @Test func `a step may name its route`() throws {
        let place = try directory("legacy,service").place(of: .service, request("/x"), route: "profile").get()
        #expect(place.host == "127.0.0.1:9003")
    }

    @Test(arguments: ["", "legacy", "legacy,service,third", "legacy,https://a", "legacy,servce"])
    func `sides that make no sense are refused`(_ against: String) {
        #expect(throws: OperationFailure.self) { try directory(against) }
    }
}
