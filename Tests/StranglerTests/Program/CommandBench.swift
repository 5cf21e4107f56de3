import AdminClient
import Arguments
import ControlKit
import Ledger
import Strangler
import Synchronization
import TestSupport
import Testing

/// Runs command lines in a folder of its own, with everything they say caught.
final class CommandBench: Sendable {
    struct Result: Equatable, Sendable {
        var exit: Int32
        var out: String
        var error: String
    }

    private final class Caught: Sendable {
        let text = Mutex("")
        func append(_ more: String) { text.withLock { $0 += more } }
    }

    private let scratch: TemporaryFolder
    var folder: String { scratch.path }
    private let extra: [String: String]

    init(routes: String? = CommandBench.sample, environment: [String: String] = [:]) throws {
        scratch = try TemporaryFolder()
        extra = environment
        if let routes { try write("routes.json", routes) }
    }

    func write(_ name: String, _ text: String) throws {
        try FileSystem.replace(folder + "/" + name, with: Array(text.utf8))
    }
    func ledger() throws -> Ledger { try Ledger(path: folder + "/run/ledger.db") }
    func read(_ name: String) -> String { FileSystem.readText(folder + "/" + name) ?? "" }

    /// The fake router on the socket that the sample's file names.
    func router() throws -> FakeRouter {
        try FileSystem.createDirectory(folder + "/run")
        return try FakeRouter(socket: folder + "/run/router.sock", document: read("routes.json"))
    }

    /// - Parameters:
    ///   - screen: Columns and lines of the terminal that standard output is; nil: a pipe.
    ///   - connect: The way to the router; nil: a socket.
    ///   - write: What standard output does; nil: it is caught.
    func run(
        _ line: String, screen: (columns: Int, lines: Int)? = nil, style: Style = .plain,
        connect: (@Sendable (AdminAddress, String?, Duration) -> AdminClient.Exchange)? = nil,
        write: Outlet.Write? = nil
    ) async -> Result {
        let (out, error) = (Caught(), Caught())
        var variables = ["STRANGLER_CONFIG": folder + "/routes.json"]
        variables.merge(extra) { $1 }
        let environment = CommandEnvironment(
            variables: variables,
            console: Console(
                outStyle: style, screen: { screen }, askedColumns: Console.columns(variables),
                outlet: Outlet(write ?? { out.append($0) }), error: { error.append($0) }),
            now: { "2026-11-23T12:00:00Z" }, actor: "tester", connect: connect ?? AdminTransport.connect,
            program: "strangler",
            interruption: Interruption())
        let exit = await StranglerProgram(environment: environment).run(line.split(separator: " ").map(String.init))
        return Result(
            exit: exit.rawValue, out: scrub(out.text.withLock { $0 }), error: scrub(error.text.withLock { $0 }))
    }

    /// A call of a command that is not carried out, for what lies below it.
    func invocation(_ line: String, error: @escaping @Sendable (String) -> Void) -> Invocation? {
        let environment = ["STRANGLER_CONFIG": folder + "/routes.json"]
        let words = line.split(separator: " ").map(String.init)
        guard case .run(let parsed) = ArgumentParser(StranglerProgram.table, environment: environment).parse(words)
        else {
            return nil
        }
        return Invocation(
            inputs: parsed,
            environment: CommandEnvironment(
                variables: environment, console: Console(outlet: Outlet { _ in }, error: error),
                now: { "2026-11-23T12:00:00Z" }, actor: "tester", connect: AdminTransport.connect, program: "strangler",
                interruption: Interruption()))
    }

    /// The folder's name is chance: it is not part of what is compared.
    private func scrub(_ text: String) -> String {
        var rest = text[...]
        var scrubbed = ""
        while let range = rest.firstRange(of: folder) {
            scrubbed += rest[..<range.lowerBound] + "FOLDER"
            rest = rest[range.upperBound...]
        }
        return scrubbed + rest
    }

    static let sample = SampleRoutes.text
}
