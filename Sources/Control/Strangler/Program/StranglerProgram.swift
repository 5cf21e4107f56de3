package import Arguments
import Glibc

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
        let console = surroundings.console
        switch ArgumentParser(Self.table, environment: surroundings.environment).parse(arguments) {
        case .help(let text):
            console.print(text)
            return .done
        case .failure(let text):
            console.say(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            return .usage
        case .run(let parsed):
            guard let run = CommandList.program.find(parsed.path)?.run else { return .usage }
            var surroundings = surroundings
            if parsed.has("quiet") { surroundings.console = console.quieter() }
            return await carryOut(run, Invocation(inputs: parsed, surroundings: surroundings))
        }
    }

    private func carryOut(_ run: @escaping Command.Run, _ invocation: Invocation) async -> ExitCode {
        let console = invocation.console
        let work = Task { try await run(invocation) }
        surroundings.interruption.onFirst { work.cancel() }
        do {
            var answer = try await work.value
            if !invocation.wantsJSON, !surroundings.showsNextSteps { answer.nextSteps = [] }
            if answer.isSaid { return answer.exit }
            if invocation.wantsJSON {
                console.print(answer.document.json() + "\n")
            } else {
                console.print(answer.text(console.outStyle))
            }
            return answer.exit
        } catch let failure as CommandFailure {
            if surroundings.interruption.signal != nil { return .interrupted }
            if invocation.wantsJSON {
                console.say(failure.datum.json(pretty: false))
            } else {
                for line in failure.lines(console.errorStyle) { console.say(line) }
            }
            return failure.exit
        } catch is CancellationError {
            return .interrupted
        } catch {
            if surroundings.interruption.signal != nil { return .interrupted }
            console.say(console.errorStyle.paint("error:", .bad) + " \(error)")
            return .failure
        }
    }
}
