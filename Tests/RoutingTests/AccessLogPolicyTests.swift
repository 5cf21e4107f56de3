import Testing

@testable import Routing

struct AccessLogPolicyTests {
    private func text(_ log: String) -> String {
        "{\"accessLog\": \(log), \"upstreams\": {\"m\": {\"endpoints\": [\"h:1\"]}}, \"routes\": "
            + "[{\"id\": \"a\", \"match\": {\"prefix\": \"/\"}, \"legacy\": \"m\"}]}"
    }

    @Test(
        arguments: [
            (#""off""#, nil), (#""a.log""#, .file("a.log", rotation: nil)),
            (#""unix:run/log.sock""#, .socket("run/log.sock")),
            (#"{"file": "a.log"}"#, .file("a.log", rotation: nil)),
            (#"{"file": "unix:/dev/log"}"#, .socket("/dev/log")),
            (#"{"file": "a.log", "rotate": "100MiB"}"#, .file("a.log", rotation: .init(size: 100 << 20, keep: 5))),
            (#"{"file": "a.log", "rotate": "1KiB", "keep": 1}"#, .file("a.log", rotation: .init(size: 1024, keep: 1))),
        ] as [(String, AccessLogPolicy?)])
    func `both forms are read`(_ log: String, _ expected: AccessLogPolicy?) throws {
        #expect(try parsed(text(log)).accessLog == expected)
    }

    @Test(arguments: [
        (#"{"rotate": "1MiB"}"#, "needs \"file\""), (#"{"file": "off"}"#, "cannot be \"off\""),
        (#"{"file": "unix:x", "rotate": "1MiB"}"#, "a socket is not rotated"),
        (#"{"file": "a", "rotate": "1B"}"#, "at least 1KiB"), ("7", "a string or an object"),
        (#"{"file": "a", "keep": 0}"#, "from 1 to 1000"), (#"{"file": "a", "rotat": "1MiB"}"#, "unknown key"),
    ])
    func `what makes no sense is refused with its reason`(_ log: String, _ reason: String) {
        guard case .failure(let problems) = RoutesDocument.parse(Array(text(log).utf8), file: "routes.json") else {
            Issue.record("accepted \(log)")
            return
        }
        #expect(problems.list.contains { $0.message.contains(reason) }, "\(problems.list.map(\.message))")
    }
}
