import Arguments
import EventLoop
import Glibc
import Auth
import ServiceKit
import Telemetry

let program = CommandSpec(
    "pixelpulse-auth", "Accounts and sessions of PixelPulse, as a service",
    options: [
        .value(
            "listen", "HOST:PORT", "where to answer; port 0 takes a free one, which is printed (default 127.0.0.1:9001)"
        ),
        .value("data", "DIR", "folder of the database, made when missing"),
        .value("token-key", "FILE", "key that tokens are signed with (default: token.key beside the data folder)"),
        .value("owner", "URL", "process that owns the sessions, asked about each (default: none)"),
    ])

/// One line on standard error; standard output says only where the service listens.
@Sendable func say(_ line: String) {
    let bytes = Array("pixelpulse-auth: \(Printable.line(line))\n".utf8)
    _ = write(2, bytes, bytes.count)
}

func fail(_ line: String, status: Int32) -> Never {
    say(line)
    exit(status)
}

func started(_ arguments: ParsedArguments) {
    guard let address = SocketAddress(arguments["listen"] ?? "127.0.0.1:9001") else {
        fail("--listen must look like 127.0.0.1:9001", status: 64)
    }
    guard let data = arguments["data"] else { fail("--data DIR is needed: where the database is kept", status: 64) }
    // What is written here, password hashes among it, is for this user alone.
    umask(0o077)
    // Before any thread is started, so that every thread leaves signals to the loop.
    SignalSource.block()
    do {
        var configuration = AuthConfiguration(
            dataFolder: data, tokenKeyFile: arguments["token-key"], owner: arguments["owner"])
        configuration.log = say
        let service = try AuthService(configuration)
        var hooks = ServiceHooks()
        hooks.onListening = { addresses in
            for address in addresses { print("listening on http://\(address)") }
            fflush(nil)
        }
        let options = ServiceOptions(name: "pixelpulse-auth", listen: [address])
        try Service(options, app: service.app, hooks: hooks).run()
    } catch {
        fail("cannot start: \(error)", status: 1)
    }
}

switch ArgumentParser(program).parse(Array(CommandLine.arguments.dropFirst())) {
case .run(let arguments): started(arguments)
case .help(let text): exit(ProgramAnswer.write(text, program: program.name))
case .version: exit(ProgramAnswer.write("\(program.name) \(Release.version)\n", program: program.name))
case .failure(let failure):
    for line in failure.text.split(separator: "\n") { say(String(line)) }
    exit(64)
}
