import AdminClient
package import ControlKit
package import Arguments
import Glibc
import Telemetry

/// The `strangler` program: parse, run, render, and the exit code.
package struct StranglerProgram: Sendable {
    private let surroundings: Surroundings

    package init(surroundings: Surroundings) { self.surroundings = surroundings }

    /// The table of the whole command line.
    package static var table: CommandSpec { CommandList.program.table }

    /// Runs as this process: its arguments and terminal.
    ///
    /// - Parameter interruption: listening already.
    package static func main(_ interruption: Interruption) async -> Int32 {
        Outlet.keepStandardDescriptors()
        let environment = Surroundings.processEnvironment()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let surroundings = Surroundings(
            environment: environment, console: .standard(environment: environment, isQuiet: false),
            now: Surroundings.timestamp, actor: Surroundings.account(environment: environment),
            connect: AdminTransport.connect, program: CommandLine.arguments.first ?? "strangler",
            interruption: interruption)
        return await StranglerProgram(surroundings: surroundings).run(arguments).rawValue
    }

    /// Runs one command line (without the program's own path) and answers with its exit code.
    package func run(_ arguments: [String]) async -> ExitCode {
        settled(await carryOut(arguments))
    }

    private func carryOut(_ arguments: [String]) async -> ExitCode {
        let console = surroundings.console
        let parser = ArgumentParser(Self.table, environment: surroundings.environment)
        switch parser.parse(arguments) {
        case .help(let text): console.print(text)
        case .version:
            let data: Datum = ["name": "strangler", "version": .string(Release.version)]
            if parser.isAsked(for: "json", as: "output", in: arguments) {
                console.print(json: data.json() + "\n")
            } else {
                console.print("strangler \(Release.version)\n")
            }
        case .failure(let failure):
            if parser.isAsked(for: "json", as: "output", in: arguments) {
                tell(Self.failure(failure), asJSON: true)
            } else {
                console.say(failure.text)
            }
            return .usage
        case .run(let parsed):
            guard let run = CommandList.program.find(parsed.path)?.run else { return .usage }
            var surroundings = surroundings
            if parsed.has("quiet") { surroundings.console = console.quieter() }
            return await carryOut(run, Invocation(inputs: parsed, surroundings: surroundings))
        }
        return .done
    }

    private func carryOut(_ run: @escaping Command.Run, _ invocation: Invocation) async -> ExitCode {
        let console = invocation.console
        let work = Task { try await run(invocation) }
        surroundings.interruption.onFirst { work.cancel() }
        // Nobody hears what it would still say.
        console.outlet.onFailure { work.cancel() }
        do {
            var answer = try await work.value
            if !invocation.wantsJSON, !surroundings.showsNextSteps { answer.nextSteps = [] }
            if answer.isSaid { return answer.exit }
            if invocation.wantsJSON {
                console.print(json: answer.document.json() + "\n")
            } else if let document = answer.rawDocument {
                console.print(document: document)
            } else {
                console.print(answer.text(console.outStyle, width: console.columns))
            }
            return answer.exit
        } catch {
            if surroundings.interruption.signal != nil || error is CancellationError { return .interrupted }
            // What a command says when it was called off because nobody listens is not the reason.
            if console.outlet.failure != nil { return .unwritten }
            let failure = error as? CommandFailure ?? CommandFailure(.failure, "\(error)")
            tell(failure, asJSON: invocation.wantsJSON)
            return failure.exit
        }
    }

    /// The exit code, when the answer may not have reached its reader.
    private func settled(_ exit: ExitCode) -> ExitCode {
        guard let failure = surroundings.console.outlet.failure, surroundings.interruption.signal == nil else {
            return exit
        }
        guard !failure.isReaderGone else { return .readerGone }
        let done = exit == .done ? "done, but the answer" : "the answer"
        surroundings.console.say(
            surroundings.console.errorStyle.paint("error:", .bad)
                + " \(done) could not be written to standard output: \(failure.words)")
        return .unwritten
    }

    private func tell(_ failure: CommandFailure, asJSON: Bool) {
        let console = surroundings.console
        if asJSON {
            console.say(Printable.json(failure.datum.json(pretty: false)))
        } else {
            for line in failure.lines(console.errorStyle) { console.say(line) }
        }
    }

    /// A command line that makes no sense, as other failures are told.
    private static func failure(_ failure: UsageFailure) -> CommandFailure {
        CommandFailure(.usage, failure.message, fix: failure.help, diagnostics: [failure.usage])
    }
}
