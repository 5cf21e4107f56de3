import AdminAPI

extension FakeRouter {
    /// What a tap brings: good and bad, what was left out, what a terminal must not obey, and the end of its limit.
    static func tapped(_ isFiltered: Bool) -> String {
        func event(_ name: String, _ data: String) -> String { "event: \(name)\ndata: \(data)\n\n" }
        func line(_ members: String) -> String {
            event("exchange", "{\"t\":1795435200250,\"id\":\"0123456789abcdef0123456789abcdef\",\(members)}")
        }
        let bad = line(
            "\"method\":\"POST\",\"path\":\"/api/profiles/1\",\"route\":\"profile\",\"side\":\"service\",\"status\":502,"
                + "\"end\":\"aborted\",\"us\":2012345,\"bytes\":171,\"retries\":2")
        guard !isFiltered else { return bad + event("end", "{}") }
        return ": still here\n\n"
            + line(
                "\"method\":\"GET\",\"path\":\"/api/profiles/1\",\"route\":\"profile\",\"side\":\"legacy\",\"status\":200,"
                    + "\"end\":\"completed\",\"us\":1520,\"bytes\":312,\"retries\":0")
            + bad + event("dropped", "{\"dropped\":42}")
            + line(
                "\"method\":\"GET\",\"path\":\"/\\u001b[2J\\u202ex\",\"route\":\"\",\"side\":\"legacy\",\"status\":0,"
                    + "\"end\":\"client-gone\",\"us\":7,\"bytes\":0,\"retries\":0")
            + event("end", "{}")
    }

    /// One event of each kind, and one that a newer router may have.
    static let events = String(
        decoding: [
            RevisionEvent(
                at: at, revision: 8, previousRevision: 7, verb: "shift", actor: "tester", reason: "parity held",
                changes: [
                    RouteChange(route: "profile", field: "percent", before: 10, after: 25),
                    RouteChange(route: "x", field: "added"),
                ]
            ).text,
            ReloadEvent(at: at, result: "refused", message: "routes.json:3:1: error\n  caret").text,
            ReloadEvent(at: at, result: "accepted", message: nil).text,
            RollbackEvent(at: at, mode: "evacuate", revision: 9, cause: "command", routes: ["profile"]).text,
            HealthEvent(
                at: at, upstream: "profile", endpoint: "127.0.0.1:9003", to: "unhealthy", reason: "probe-status"
            ).text,
            CircuitEvent(at: at, route: "profile", side: "service", to: "open").text,
            DrainEvent(at: at, state: "draining").text,
            Array("event: news\ndata: {\"at\":\"\(at)\",\"a\":1}\n\n".utf8),
        ].joined(), as: UTF8.self)
    private static let at = "2026-11-23T12:00:00.250Z"
}
