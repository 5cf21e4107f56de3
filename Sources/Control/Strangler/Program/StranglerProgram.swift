import AdminClient
package import Arguments
import ControlKit
import Glibc
import Telemetry

/// The `strangler` program: parse, run, render, and the exit code.
package struct StranglerProgram: Sendable {
    private let environment: CommandEnvironment

    package init(environment: CommandEnvironment) { self.environment = environment }

    /// The table of the whole command line.
    package static var table: CommandSpec { CommandList.program.table }

    /// Runs as this process: its arguments and terminal.
    ///
    /// - Parameter interruption: listening already.
    package static func main(_ interruption: Interruption) async -> Int32 {
        Outlet.keepStandardDescriptors()
        let variables = CommandEnvironment.processVariables()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let environment = CommandEnvironment(
            variables: variables, console: .standard(environment: variables, isQuiet: false),
            now: CommandEnvironment.timestamp, actor: CommandEnvironment.account(variables: variables),
            connect: AdminTransport.connect, program: CommandLine.arguments.first ?? "strangler",
            interruption: interruption)
        return await StranglerProgram(environment: environment).run(arguments).rawValue
    }

    /// Runs one command line (without the program's own path) and answers with its exit code.
    package func run(_ arguments: [String]) async -> ExitCode {
        settled(await carryOut(arguments))
    }

    private func carryOut(_ arguments: [String]) async -> ExitCode {
        let console = environment.console
        let parser = ArgumentParser(Self.table, environment: environment.variables)
        switch parser.parse(arguments) {
        case .help(let text): console.print(text)
        case .version:
            let data: OutputValue = ["name": "strangler", "version": .string(Release.version)]
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
            var environment = environment
            if parsed.has("quiet") { environment.console = console.quieter() }
            return await carryOut(run, Invocation(inputs: parsed, environment: environment))
        }
        return .done
    }

    private func carryOut(_ run: @escaping Command.Run, _ invocation: Invocation) async -> ExitCode {
        let console = invocation.console
        let work = Task { try await run(invocation) }
        environment.interruption.onFirst { work.cancel() }
        // Nobody hears what it would still say.
        console.outlet.onFailure { work.cancel() }
        do {
            var answer = try await work.value
            if !invocation.wantsJSON, !environment.showsNextSteps { answer.nextSteps = [] }
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
            if environment.interruption.signal != nil || error is CancellationError { return .interrupted }
            // What a command says when it was called off because nobody listens is not the reason.
            if console.outlet.failure != nil { return .unwritten }
            let failure = error as? OperationFailure ?? OperationFailure(.failed, "\(error)")
            tell(failure, asJSON: invocation.wantsJSON)
            return failure.exit
        }
    }

    /// The exit code, when the answer may not have reached its reader.
    private func settled(_ exit: ExitCode) -> ExitCode {
        guard let failure = environment.console.outlet.failure, environment.interruption.signal == nil else {
            return exit
        }
        guard !failure.isReaderGone else { return .readerGone }
        let done = exit == .done ? "done, but the answer" : "the answer"
        environment.console.say(
            environment.console.errorStyle.paint("error:", .bad)
                + " \(done) could not be written to standard output: \(failure.words)")
        return .unwritten
    }

    private func tell(_ failure: OperationFailure, asJSON: Bool) {
        let console = environment.console
        if asJSON {
            console.say(Printable.json(failure.datum.json(pretty: false)))
        } else {
            for line in failure.lines(console.errorStyle) { console.say(line) }
        }
    }

    /// A command line that makes no sense, as other failures are told.
    private static func failure(_ failure: UsageFailure) -> OperationFailure {
        OperationFailure(.usage, failure.message, fix: failure.help, diagnostics: [failure.usage])
    }
}
