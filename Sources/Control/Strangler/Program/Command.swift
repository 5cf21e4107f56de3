package import Arguments

/// A verb of the command line as a value: how it is called, and what it does with a call.
package struct Command: Sendable {
    package typealias Run = @Sendable (Invocation) async throws -> Answer

    /// Name, summary, positionals, options, examples; its `commands` are filled from `commands` below.
    package var spec: CommandSpec
    package var run: Run?
    package var commands: [Command]

    /// A verb that does something.
    package init(_ spec: CommandSpec, run: @escaping Run) {
        self.spec = spec
        self.run = run
        commands = []
    }

    /// A noun with verbs of its own.
    package init(_ name: String, _ summary: String, discussion: String = "", commands: [Command]) {
        spec = CommandSpec(name, summary, discussion: discussion)
        run = nil
        self.commands = commands
    }

    /// The whole table below this command, for parsing, help and completion.
    package var table: CommandSpec {
        var table = spec
        table.commands = commands.map(\.table)
        return table
    }

    /// The command that `path` leads to.
    package func find(_ path: some Collection<String>) -> Command? {
        guard let name = path.first else { return self }
        return commands.first { $0.spec.name == name }?.find(path.dropFirst())
    }
}
