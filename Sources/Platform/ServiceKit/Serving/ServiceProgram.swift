package import Arguments
import EventLoop
import Glibc
import Telemetry

/// The main of a service: reads its command line, serves until it is told to stop, and ends the process.
///
/// Standard output says only where the service listens (`listening on http://HOST:PORT`); warnings and failures go to
/// standard error, a line each. Exit status 64 is a wrong command line, 1 a service that cannot start.
package struct ServiceProgram: Sendable {
    private let specification: CommandSpec
    private let listen: String

    /// - Parameters:
    ///   - listen: default of `--listen`, `HOST:PORT`.
    ///   - options: those beside `--listen`, `--data` and `--token-key`, which every service has.
    package init(_ name: String, _ summary: String, listen: String, options: [OptionSpec]) {
        self.listen = listen
        specification = CommandSpec(
            name, summary,
            options: [
                .value(
                    "listen", "HOST:PORT",
                    "where to answer; port 0 takes a free one, which is printed (default \(listen))"),
                .value("data", "DIR", "folder of the database, made when missing"),
                .value(
                    "token-key", "FILE", "key that tokens are signed with (default: token.key beside the data folder)"),
            ] + options)
    }

    /// - Parameter start: makes what is served; nil when it has done all there was to do, as a worker process has.
    package func run(_ start: (ServiceCommandLine) throws -> ServedApp?) -> Never {
        let name = specification.name
        switch ArgumentParser(specification).parse(Array(CommandLine.arguments.dropFirst())) {
        case .run(let arguments):
            do {
                try serve(ServiceCommandLine(program: name, arguments), start)
                exit(0)
            } catch let failure as ServiceFailure {
                Self.say(name, failure.line)
                exit(failure.status)
            } catch {
                Self.say(name, "cannot start: \(error)")
                exit(1)
            }
        case .help(let text): exit(ProgramAnswer.write(text, program: name))
        case .version: exit(ProgramAnswer.write("\(name) \(Release.version)\n", program: name))
        case .failure(let failure):
            for line in failure.text.split(separator: "\n") { Self.say(name, String(line)) }
            exit(64)
        }
    }

    private func serve(_ commandLine: ServiceCommandLine, _ start: (ServiceCommandLine) throws -> ServedApp?) throws {
        guard let address = SocketAddress(commandLine["listen"] ?? listen) else {
            throw ServiceFailure.usage("--listen must look like 127.0.0.1:\(listen.split(separator: ":").last ?? "0")")
        }
        // What is written here, password hashes among it, is for this user alone.
        umask(0o077)
        // Before any thread is started, so that every thread leaves signals to the loop.
        SignalSource.block()
        guard let served = try start(commandLine) else { return }
        var hooks = ServiceHooks()
        hooks.onListening = { addresses in
            for address in addresses { print("listening on http://\(address)") }
            fflush(nil)
        }
        hooks.metrics = served.metrics
        hooks.onDrained = served.drain
        let options = ServiceOptions(name: specification.name, listen: [address])
        try Service(options, app: served.app, hooks: hooks).run()
    }

    /// One line on standard error.
    fileprivate static func say(_ program: String, _ line: String) {
        let bytes = Array("\(program): \(Printable.line(line))\n".utf8)
        _ = write(2, bytes, bytes.count)
    }
}

/// What a service serves, and what belongs to it.
package struct ServedApp: Sendable {
    package let app: ServiceApp
    /// Lines added to `/metrics`. Default: none.
    package var metrics: @Sendable () async -> String = { "" }
    /// Called after the last response: stop workers, close stores. Default: nothing.
    package var drain: @Sendable () async -> Void = {}

    package init(_ app: ServiceApp) { self.app = app }
}

/// The command line of a service, with what every service reads from it.
package struct ServiceCommandLine: Sendable {
    private let program: String
    private let arguments: ParsedArguments

    fileprivate init(program: String, _ arguments: ParsedArguments) {
        self.program = program
        self.arguments = arguments
    }

    package subscript(name: String) -> String? { arguments[name] }
    package func has(_ flag: String) -> Bool { arguments.has(flag) }

    /// Where the service keeps its database.
    package var dataFolder: String {
        get throws(ServiceFailure) {
            guard let folder = arguments["data"] else {
                throw .usage("--data DIR is needed: where the database is kept")
            }
            return folder
        }
    }

    /// The number behind `--name`; nil when it was not given.
    package func number(_ name: String, in range: ClosedRange<Int>) throws(ServiceFailure) -> Int? {
        guard let text = arguments[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage("--\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Writes a warning as one line to standard error.
    package var log: @Sendable (String) -> Void {
        { [program] line in ServiceProgram.say(program, line) }
    }
}

/// Why a service does not start, in one line for people.
package struct ServiceFailure: Error {
    package let line: String
    /// Exit status of the process.
    package let status: Int32

    /// A command line that cannot be right (64, `EX_USAGE` of sysexits).
    package static func usage(_ line: String) -> ServiceFailure { ServiceFailure(line: line, status: 64) }

    package init(line: String, status: Int32) {
        self.line = line
        self.status = status
    }
}
