import Strangler
import Testing

@Suite struct GoldenOutputTests {
    @Test(arguments: [
        ("status", "status.txt"), ("status profile", "status-route.txt"), ("status -o json", "status.json"),
        ("shift profile 25 --reason because", "shift.txt"), ("shift profile +5 -o json", "shift.json"),
        ("shift profile 50 --dry-run", "shift-dry.txt"), ("shift profile 10", "shift-same.txt"),
        ("shift profile-writes 5", "shift-refused.txt"), ("shift profil 5", "shift-unknown.txt"),
        ("shift default 5", "shift-no-service.txt"), ("shift profile -20", "shift-below.txt"),
        ("rollback profile", "rollback.txt"), ("rollback --all -o json", "rollback.json"),
        ("top --once --interval 10ms", "top.txt"), ("top --once --interval 10ms -o json", "top.json"),
        ("top --count 2 --interval 10ms", "top-twice.txt"),
        ("top --count 2 --interval 10ms -o json", "top-lines.json"),
        ("tap", "tap.txt"), ("tap -o json", "tap.json"), ("tap --status 5xx --sample 1/10", "tap-filtered.txt"),
        ("tap --route nosuch", "tap-unknown.txt"), ("logs", "logs.txt"), ("logs -o json", "logs.json"),
        ("logs --access --once", "logs-off.txt"),
    ])
    func `what a user sees with a router running`(_ line: String, _ golden: String) async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        Golden.check(transcript(line, await bench.run(line)), golden)
    }

    @Test(arguments: [
        ("pin", 0, "status profile", "open-status.txt"), ("pin", 0, "shift profile 5", "open-shift.txt"),
        ("close", 4, "shift profile 5 -o json", "open-shift.json"),
        ("drain", 4, "rollback profile", "open-rollback.txt"),
    ])
    func `what a change leaves open for long is told`(
        _ policy: String, _ closing: Int, _ line: String, _ golden: String
    ) async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        router.open(policy: policy, closing: closing)
        Golden.check(transcript(line, await bench.run(line)), golden)
    }

    @Test(arguments: [
        ("--help", "help.txt"), ("shift --help", "help-shift.txt"), ("demo", "help-demo.txt"),
        ("top --help", "help-top.txt"), ("tap --help", "help-tap.txt"), ("logs --help", "help-logs.txt"),
        ("top --count 0", "top-usage.txt"),
        ("top", "top-no-router.txt"),
        ("status", "no-router.txt"), ("status -o json", "no-router.json"), ("shift profile", "usage.txt"),
        ("shift profile 25", "offline-shift.txt"), ("shift profile-writes 5", "offline-refused.txt"),
        ("rollback --all", "offline-rollback.txt"), ("validate", "validate.txt"),
        ("history", "history-empty.txt"), ("explain GET /x", "no-router-explain.txt"),
    ])
    func `what a user sees without a router`(_ line: String, _ golden: String) async throws {
        let bench = try CommandBench()
        Golden.check(transcript(line, await bench.run(line)), golden)
    }

    @Test func `a bad file is told with its place`() async throws {
        let bad = CommandBench.sample.split(separator: "\"percent\": 10").joined(separator: "\"percnt\": 10")
        let bench = try CommandBench(routes: bad)
        Golden.check(transcript("validate", await bench.run("validate")), "validate-bad.txt")
    }

    @Test func `the access log's last lines are told in words, or as they are`() async throws {
        let routes = CommandBench.sample.replacing(
            "\"version\": 1,", with: "\"version\": 1, \"accessLog\": \"access.log\",")
        let bench = try CommandBench(routes: routes)
        let lines = (1...4).map { number in
            "{\"t\":1795435200250,\"id\":\"00\",\"method\":\"GET\",\"path\":\"/\(number)\",\"route\":\"all\",\"side\":\"legacy\","
                + "\"status\":\(100 + number * 100),\"end\":\"completed\",\"us\":1520,\"bytes\":3,\"retries\":0}\n"
        }
        try bench.write("access.log", lines.joined() + "{\"t\":17")
        let line = "logs --access --once --lines 3"
        Golden.check(transcript(line, await bench.run(line)), "logs-access.txt")
        #expect(await bench.run(line + " -o json").out == lines.dropFirst().joined())
    }

    @Test
    func `on a terminal top is live: it hides the cursor, fits the width, and gives the screen back`() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        let result = await bench.run("top --count 3 --interval 10ms", screen: (50, 10))
        Golden.check(transcript("top --count 3", result).replacing("\u{1B}", with: "<ESC>"), "top-live.txt")
        #expect(result.out.split(separator: "\u{1B}[?25l").count == 2)
        #expect(result.out.contains("\u{1B}[?25h\u{1B}[?1049l"))
    }

    private func transcript(_ line: String, _ result: CommandBench.Result) -> String {
        "$ strangler \(line)\n\(result.out)"
            + (result.error.isEmpty ? "" : "--- standard error\n\(result.error)") + "--- exit \(result.exit)\n"
    }
}
