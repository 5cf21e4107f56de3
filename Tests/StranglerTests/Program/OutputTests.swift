import Arguments
import Glibc
import JSON
import Operations
import Strangler
import Testing

/// How a command ends when its answer does not arrive, and what a line that makes no sense gets.
@Suite struct OutputTests {
    private static let verbs = [
        "status", "status --watch", "top --once --interval 10ms", "top --interval 10ms", "tap", "logs", "history",
        "explain GET /x", "doctor", "diff", "validate", "schema", "completion bash", "--help", "--version",
        "fmt --dry-run",
        "status -o json", "plan routes.json",
    ]

    @Test(arguments: verbs)
    func `a disk that is full is told and ends with 74`(_ line: String) async throws {
        let result = await run(line, failing: ENOSPC)
        #expect(result.exit == 74)
        #expect(result.error.contains("could not be written to standard output: No space left on device"))
    }

    @Test(arguments: verbs)
    func `a reader that left ends it without a word`(_ line: String) async throws {
        let result = await run(line, failing: EPIPE)
        #expect(result.exit == 141 && !result.error.contains("error"))
    }

    @Test func `a change that was made is not called failed`() async throws {
        let bench = try CommandBench()
        let result = await bench.run(
            "shift profile 25", write: { (_) throws(Outlet.Failure) in throw Outlet.Failure(ENOSPC) })
        #expect(result.exit == 74 && result.error.contains("error: done, but the answer could not be written"))
        #expect(RoutesSketch(Array(bench.read("routes.json").utf8))?.route("profile")?.percent == 25)
    }

    private func run(_ line: String, failing code: Int32) async -> CommandBench.Result {
        guard let bench = try? CommandBench() else { return .init(exit: -1, out: "", error: "") }
        let words = line.replacing("routes.json", with: bench.folder + "/routes.json")
        return await bench.run(
            words, connect: HostileRouter.connect(CommandBench.sample),
            write: { (_) throws(Outlet.Failure) in throw Outlet.Failure(code) })
    }

    @Test(arguments: [
        "nonsense", "shift profile", "data", "status --what", "parity run --mode odd", "history --limit x",
    ])
    func `a line that makes no sense is an object when JSON was asked for`(_ line: String) async throws {
        let result = await (try CommandBench()).run(line + " -o json")
        #expect(result.exit == 64 && result.out.isEmpty)
        let problem = try JSONDocument(result.error).root
        #expect(problem["exit"]?.int == 64 && problem["error"]?.string?.isEmpty == false)
        #expect(problem["fixes"]?.kind == .array)
    }

    @Test func `the version is the same for people and programs`() async throws {
        let bench = try CommandBench()
        let words = await bench.run("--version").out.split(separator: " ")
        let data = try JSONDocument(await bench.run("--version -o json").out).root
        #expect(words.first == "strangler" && data["version"]?.string.map { $0 + "\n" } == words.last.map(String.init))
    }
}
