import DurableFiles
import EventLoop
import Glibc
import Routing
import TestSupport
import Testing

@testable import Router

/// What lies between a file and a table that can be served, and every way in which it fails.
struct ConfigurationTests {
    private final class Scratch {
        private let scratch: TemporaryFolder
        var folder: String { scratch.path }
        var path: String { scratch.file("routes.json") }
        var file: DurableFile { DurableFile(path: path) }

        init() throws { scratch = try TemporaryFolder() }

        func store(_ calls: FileCalls = .kernel) -> ConfigurationStore { ConfigurationStore(path: path, calls: calls) }
    }

    private let text = configuration(legacy: 1, service: 2)

    private func table(
        _ text: String, at path: String = "/tmp/x/routes.json"
    ) throws -> Result<ServedTable, ConfigurationProblem> {
        let compiler = ConfigurationCompiler(path: path)
        return compiler.compile(try compiler.parse(Array(text.utf8)).get(), bytes: Array(text.utf8), revision: 1)
    }

    private func problem<Value>(_ result: Result<Value, ConfigurationProblem>) -> ConfigurationProblem? {
        if case .failure(let problem) = result { problem } else { nil }
    }

    // MARK: Compiling

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1:80"), ("[::1]:80", "[::1]:80"), ("unix:run/a.sock", "unix:/tmp/x/run/a.sock"),
        ("unix:/run/a.sock", "unix:/run/a.sock"),
    ])
    func `an endpoint becomes an address`(endpoint: String, address: String) throws {
        let table = try table(text.replacing("127.0.0.1:1\"", with: endpoint + "\"")).get()
        #expect(table.endpoints[0].map(\.address.description) == [address])
    }

    // The short form is one that only the resolver knows; it asks no network about it.
    @Test(arguments: ["localhost:80", "127.1:80"]) func `a name is looked up`(endpoint: String) throws {
        let table = try table(text.replacing("127.0.0.1:1\"", with: endpoint + "\"")).get()
        #expect(!table.endpoints[0].isEmpty)
        #expect(table.endpoints[0].allSatisfy { $0.address.isLoopback && $0.address.port == 80 })
    }

    // A label of 64 bytes is refused by the resolver itself: no network is asked.
    @Test(arguments: [
        String(repeating: "a", count: 64) + ".invalid:80", "unix:/" + String(repeating: "a", count: 200),
    ])
    func `an endpoint without an address is refused with its name`(endpoint: String) throws {
        let problem = try #require(
            problem(try table(text.replacing("127.0.0.1:1\"", with: endpoint + "\""))))
        #expect(problem.code == "invalid_configuration" && problem.status == 422)
        #expect(problem.message.contains("upstream \"old\""))
    }

    @Test(arguments: ["s3cret of 16 byte", "s3cret of 16 byte\n", "s3cret of 16 byte \r\n"])
    func `a secret is its file without the line break`(content: String) throws {
        let scratch = try Scratch()
        let text = configuration(legacy: 1, service: 2, route: #""override": { "secretFile": "secret" },"#)
        #expect(problem(try table(text, at: scratch.path))?.message.contains("secretFile") == true)
        try DurableFile(path: "\(scratch.folder)/secret").replace(with: Array(content.utf8))
        #expect(try table(text, at: scratch.path).get().overrideSecrets == [Array("s3cret of 16 byte".utf8)])
        // What others can read, or guess, is no secret.
        chmod("\(scratch.folder)/secret", 0o640)
        let readable = try #require(problem(try table(text, at: scratch.path))).message
        #expect(readable.contains("secretFile: ") && readable.hasSuffix("run: chmod 600 '\(scratch.folder)/secret'"))
        chmod("\(scratch.folder)/secret", 0o600)
        try DurableFile(path: "\(scratch.folder)/secret").replace(with: Array("short\n".utf8))
        #expect(problem(try table(text, at: scratch.path))?.message.contains("at least 16 bytes") == true)
    }

    // MARK: The store

    @Test func `before it has started there is nothing to change, and a reload starts at the first revision`() throws {
        let scratch = try Scratch()
        try scratch.file.replace(with: Array(text.replacing(#""revision": 7,"#, with: "").utf8))
        let store = scratch.store()
        let refused = problem(store.draft(Array(text.utf8)))
        #expect(refused?.code == "storage_failed" && refused?.status == 503)
        #expect(problem(store.draft([.percent(route: 0, .all)]))?.code == "storage_failed")
        #expect(try store.reread().get()?.revision == 1)
        #expect(try store.start().get().table.revision == 1)
    }

    @Test func `a change of a percentage keeps the compiled table, any other is read anew`() throws {
        let scratch = try Scratch()
        try scratch.file.replace(with: Array(text.utf8))
        let store = scratch.store()
        let served = try store.start().get().table
        let shifted = try store.draft([.percent(route: 0, .all)]).get()
        #expect(shifted.table === served.table)
        #expect((shifted.revision, shifted.document.revision) == (8, 8))
        #expect(shifted.document.routes[0].percent == .all)
        #expect(shifted.bytes == served.document.edited([.percent(route: 0, .all), .revision(8)]))
        let mirrored = try store.draft([.mirror(route: 0, .all)]).get()
        #expect(mirrored.table !== served.table)
        #expect(mirrored.document.routes[0].mirror?.percent == .all)
        #expect(mirrored.revision == 8)
    }

    @Test func `names that are served are not looked up again for a change`() throws {
        let scratch = try Scratch()
        let text = text.replacing("127.0.0.1:2", with: "new.example:2")
        try scratch.file.replace(with: Array(text.utf8))
        let address = try #require(SocketAddress(host: "192.0.2.7", port: 2))
        let isAway = Guarded(false)
        let resolver = NameResolver { _, _ in isAway.withLock { $0 } ? .failure("away") : .addresses([address]) }
        let store = ConfigurationStore(path: scratch.path, resolver: resolver)
        store.answers = try store.start().get().table.answers
        isAway.withLock { $0 = true }
        #expect(try store.draft([.percent(route: 0, .all)]).get().endpoints[1].map(\.address) == [address])
        #expect(try store.draft(Array(text.utf8)).get().endpoints[1].map(\.address) == [address])
    }

    @Test func `a file that is gone is a problem of a reload, not of what is served`() throws {
        let scratch = try Scratch()
        try scratch.file.replace(with: Array(text.utf8))
        let store = scratch.store()
        _ = try store.start().get()
        #expect(store.check() == nil)
        #expect(try store.candidate().get().revision == 1)
        try scratch.file.remove()
        #expect(problem(store.reread())?.message.contains("routes.json") == true)
        #expect(store.check()?.code == "invalid_configuration")
        #expect(problem(store.candidate()) != nil)
        #expect(store.current?.revision == 7)
    }

    @Test func `a good copy that no longer loads is passed over`() throws {
        let scratch = try Scratch()
        let generations = Generations(of: scratch.file)
        try generations.keep(Array(text.utf8), revision: 7)
        try generations.keep(Array("{}".utf8), revision: 8)
        let started = try scratch.store().start().get()
        #expect(started.source == .lastKnownGood && started.table.revision == 7 && started.problem != nil)
    }

    /// Writes at 50 % without a context: what an older version took, and this one refuses.
    private var offending: String {
        configuration(legacy: 1, service: 2, percent: "50", route: #""context": "c","#, context: Self.silent)
    }
    private static let silent = #""contexts": { "c": { "keys": ["client-ip"] } },"#

    @Test func `what served before a rule goes on serving, can go back, and is not loaded again when it is edited`()
        throws
    {
        let scratch = try Scratch()
        try scratch.file.replace(with: Array(offending.utf8))
        #expect(problem(scratch.store().start())?.message.contains("writes would be split by chance") == true)
        try Generations(of: scratch.file).keep(Array(offending.utf8), revision: 7)
        let store = scratch.store()
        let started = try store.start().get()
        #expect(started.source == .file && started.table.revision == 7)
        #expect(started.problem?.message.contains("name a mode") == true)
        #expect(try store.reread().get() == nil)
        #expect(problem(store.draft([.percent(route: 0, .all)]))?.message.contains("name a mode") == true)
        #expect(problem(store.draft(Array(offending.utf8)))?.code == "invalid_configuration")
        try scratch.file.replace(with: Array((offending + " ").utf8))
        #expect(problem(store.reread())?.code == "invalid_configuration")
        try scratch.file.replace(with: Array(offending.utf8))
        let back = try store.draft([.percent(route: 0, .zero)]).get()
        #expect(store.write(back) == nil)
        store.adopted(back)
        #expect(try RoutesDocument.parse(scratch.file.read(), file: "routes.json").get().routes[0].percent == .zero)
    }

    @Test func `an edit that offends falls back to the newest copy, which may offend as well`() throws {
        let scratch = try Scratch()
        try Generations(of: scratch.file).keep(Array(text.utf8), revision: 7)
        try scratch.file.replace(with: Array(offending.utf8))
        let fine = try scratch.store().start().get()
        #expect(fine.source == .lastKnownGood && fine.table.document.routes[0].percent == .zero)
        try Generations(of: scratch.file).keep(Array(offending.utf8), revision: 8)
        try scratch.file.replace(with: Array("{}".utf8))
        let started = try scratch.store().start().get()
        #expect(started.source == .lastKnownGood && started.table.revision == 8)
    }

    @Test func `a process that takes over reads what the other one wrote last, whatever rule came between`() throws {
        let scratch = try Scratch()
        let generations = Generations(of: scratch.file)
        try generations.keep(Array(offending.utf8), revision: 7)
        try scratch.file.replace(with: Array(offending.utf8))
        let store = scratch.store()
        let before = try store.start().get().table
        let lowered = before.document.edited([.percent(route: 0, Percent(ticks: 100_000)), .revision(8)])
        try scratch.file.replace(with: lowered)
        try generations.keep(lowered, revision: 8)
        #expect(try store.startAgain().get()?.revision == 8)
    }

    @Test func `the text of a good copy keeps its revision`() throws {
        let scratch = try Scratch()
        try Generations(of: scratch.file).keep(Array(text.utf8), revision: 9)
        try scratch.file.replace(with: Array(text.utf8))
        let store = scratch.store()
        let table = try store.start().get().table
        #expect(table.revision == 9)
        #expect(store.keepAsGood(table) == nil)
        #expect(Generations(of: scratch.file).copies().count == 1)
    }

    @Test func `while another program writes, a change waits for its turn`() throws {
        let scratch = try Scratch()
        try scratch.file.replace(with: Array(text.utf8))
        let store = scratch.store()
        let draft = try store.draft(try store.start().get().table.document.edited([.percent(route: 0, .all)])).get()
        do {
            let lock = try #require(try WriterLock(for: scratch.file))
            #expect(store.write(draft)?.code == "busy")
            withExtendedLifetime(lock) {}
        }
        #expect(store.write(draft) == nil)
        #expect(try scratch.file.read() == draft.bytes)
    }

    @Test func `a full disk refuses a change and keeps what is there`() throws {
        let scratch = try Scratch()
        try scratch.file.replace(with: Array(text.utf8))
        var calls = FileCalls.kernel
        calls.write = { _, _ in -Int(ENOSPC) }
        let store = scratch.store(calls)
        let table = try store.start().get().table
        let draft = try store.draft(table.document.edited([.percent(route: 0, .all)])).get()
        let problem = store.write(draft)
        #expect(problem?.code == "storage_failed" && problem?.status == 503)
        #expect(store.keepAsGood(table)?.code == ENOSPC)
        #expect(try scratch.file.read() == Array(text.utf8))
    }
}
