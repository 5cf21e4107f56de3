/// Completions for a shell, drawn from the same table as parsing and help.
package struct CompletionScript: Sendable {
    package enum Shell: String, Sendable, CaseIterable { case bash, zsh, fish }

    private let program: CommandSpec

    package init(_ program: CommandSpec) { self.program = program }

    package func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    /// Every command with the words that lead to it, the program itself first.
    private var nodes: [(path: [String], spec: CommandSpec)] {
        func below(_ spec: CommandSpec, _ path: [String]) -> [(path: [String], spec: CommandSpec)] {
            [(path, spec)] + spec.commands.filter { !$0.isHidden }.flatMap { below($0, path + [$0.name]) }
        }
        return below(program, [])
    }

    private func words(of spec: CommandSpec) -> [String] {
        let options = (program.options + (spec.name == program.name ? [] : spec.options)).map { "--" + $0.name }
        return spec.commands.filter { !$0.isHidden }.map(\.name) + spec.positionals.flatMap(\.choices) + options
            + ["--help"]
    }

    private var function: String { "_" + program.name.map { $0 == "-" ? "_" : String($0) }.joined() }

    private var bash: String {
        var cases = ""
        for node in nodes {
            cases +=
                "        \"\(node.path.joined(separator: " "))\") words=\"\(words(of: node.spec).joined(separator: " "))\" ;;\n"
        }
        let verbs = nodes.dropFirst().map { "\"\($0.path.joined(separator: " "))\"" }.joined(separator: "|")
        return """
            # \(program.name) completion for bash: source <(\(program.name) completion bash)
            \(function)() {
                local current="${COMP_WORDS[COMP_CWORD]}" path="" try words="" i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    try="${path:+$path }${COMP_WORDS[i]}"
                    case "$try" in
                        \(verbs)) path="$try" ;;
                    esac
                done
                case "$path" in
            \(cases)    esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
                [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$current"))
            }
            complete -F \(function) \(program.name)

            """
    }

    private var zsh: String {
        // zsh runs the bash function through its own emulation; one script to keep right instead of two.
        """
        #compdef \(program.name)
        # \(program.name) completion for zsh: source <(\(program.name) completion zsh)
        autoload -U +X bashcompinit && bashcompinit

        """ + bash.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().joined(separator: "\n")
    }

    private var fish: String {
        var lines = ["# \(program.name) completion for fish: \(program.name) completion fish | source"]
        lines.append("complete -c \(program.name) -f")
        for node in nodes {
            let names = node.spec.commands.filter { !$0.isHidden }
            let below = names.map(\.name).joined(separator: " ")
            let seen = node.path.map { "__fish_seen_subcommand_from \($0)" }
            let unseen = below.isEmpty ? [] : ["not __fish_seen_subcommand_from \(below)"]
            let condition = (seen + unseen).joined(separator: "; and ")
            for command in names {
                lines.append(
                    "complete -c \(program.name) -n '\(condition)' -a \(command.name) -d '\(quoted(command.summary))'")
            }
            let scope = node.path.isEmpty ? "" : " -n '\(seen.joined(separator: "; and "))'"
            for positional in node.spec.positionals where !positional.choices.isEmpty {
                lines.append("complete -c \(program.name)\(scope) -a '\(positional.choices.joined(separator: " "))'")
            }
            for option in node.spec.options {
                let short = option.short.map { " -s \($0)" } ?? ""
                let value = option.takesValue ? " -r" : ""
                let choices = option.choices.isEmpty ? "" : " -a '\(option.choices.joined(separator: " "))'"
                lines.append(
                    "complete -c \(program.name)\(scope) -l \(option.name)\(short)\(value)\(choices)"
                        + " -d '\(quoted(option.help))'")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func quoted(_ text: String) -> String {
        text.map { $0 == "'" ? "\\'" : String($0) }.joined()
    }
}
