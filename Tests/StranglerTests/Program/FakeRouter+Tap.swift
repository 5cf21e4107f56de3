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
}
