package import Arguments
import EventLoop
import Glibc
import Telemetry

/// The program around a service: its command line, its words on standard error, and its end.
///
/// Each has `--listen`, `--data` and `--token-key`; a service adds what is its own. Standard output says only where the
/// service listens. Exit status 64 for a command line that makes no sense, 1 for a service that cannot start.
package struct ServiceProgram: Sendable {
    private let spec: CommandSpec
    private let address: String

    /// - Parameters:
    ///   - port: the port of 127.0.0.1 where the service listens by default.
    ///   - options: those that only this service has.
    package init(_ name: String, _ summary: String, port: Int, options: [OptionSpec] = []) {
        address = "127.0.0.1:\(port)"
        spec = CommandSpec(
            name, summary,
            options: [
                .value(
                    "listen", "HOST:PORT",
                    "where to answer; port 0 takes a free one, which is printed (default \(address))"),
                .value("data", "DIR", "folder of the database, made when missing"),
                .value(
                    "token-key", "FILE", "key that tokens are signed with (default: token.key beside the data folder)"),
            ] + options)
    }

    /// One line on standard error.
    @Sendable package func say(_ line: String) {
        let bytes = Array("\(spec.name): \(Printable.line(line))\n".utf8)
        _ = write(2, bytes, bytes.count)
    }

    package func fail(_ line: String, status: Int32) -> Never {
        say(line)
        exit(status)
    }

    /// The value of an option, 1 to 64; nil when it was not given. Ends the program when it is no such number.
    package func count(_ option: String, in arguments: ParsedArguments) -> Int? {
        guard let text = arguments[option] else { return nil }
        guard let count = Int(text), (1...64).contains(count) else {
            fail("--\(option) must be a number from 1 to 64", status: 64)
        }
        return count
    }

    /// Reads the command line of the process.
    package func parse() -> ParsedArguments {
        switch ArgumentParser(spec).parse(Array(CommandLine.arguments.dropFirst())) {
        case .run(let arguments): return arguments
        case .help(let text): exit(ProgramAnswer.write(text, program: spec.name))
        case .version: exit(ProgramAnswer.write("\(spec.name) \(Release.version)\n", program: spec.name))
        case .failure(let failure):
            for line in failure.text.split(separator: "\n") { say(String(line)) }
            exit(64)
        }
    }

    /// Runs the service that `make` builds, until a signal ends it.
    /// - Parameter make: gets the data folder; an error that it throws is the reason why the service cannot start.
    package func serve(_ arguments: ParsedArguments, _ make: (String) throws -> (ServiceApp, ServiceHooks)) {
        guard let listen = SocketAddress(arguments["listen"] ?? address) else {
            fail("--listen must look like \(address)", status: 64)
        }
        guard let data = arguments["data"] else { fail("--data DIR is needed: where the database is kept", status: 64) }
        // The files written here, password hashes among them, are for this user alone.
        umask(0o077)
        // Before any thread is started, so that every thread leaves signals to the loop.
        SignalSource.block()
        do {
            var (app, hooks) = try make(data)
            hooks.onListening = { addresses in
                for address in addresses { print("listening on http://\(address)") }
                fflush(nil)
            }
            try Service(ServiceOptions(name: spec.name, listen: [listen]), app: app, hooks: hooks).run()
        } catch {
            fail("cannot start: \(error)", status: 1)
        }
    }
}
