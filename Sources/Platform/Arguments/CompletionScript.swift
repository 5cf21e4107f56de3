/// Completions for a shell. The scripts only know how their shell asks: the program itself says what may come
/// next, so that routes and values are those of the moment.
package struct CompletionScript: Sendable {
    package enum Shell: String, Sendable, CaseIterable { case bash, zsh, fish }

    /// What the program prints when only a path can complete the word.
    package static let files = ":files"

    private let name: String
    /// The command that gets the words, of which the last is being typed, and prints a line for each candidate: word,
    /// tab, meaning.
    private let command: String

    package init(_ name: String, asking command: String) {
        self.name = name
        self.command = command
    }

    package func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    private var function: String { "_" + name.map { $0 == "-" ? "_" : String($0) }.joined() }

    private var bash: String {
        """
        # \(name) completion for bash: source <(\(name) completion bash)
        \(function)() {
            local program="${COMP_WORDS[0]}" line
            type -P "$program" >/dev/null || program=\(name)
            COMPREPLY=()
            while IFS= read -r line; do
                if [[ "$line" == "\(Self.files)" ]]; then
                    compopt -o filenames 2>/dev/null
                    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
                else
                    COMPREPLY+=("$(printf '%q' "${line%%$'\\t'*}")")
                fi
            done < <("$program" \(command) -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
        }
        complete -F \(function) \(name)

        """
    }

    private var zsh: String {
        """
        #compdef \(name)
        # \(name) completion for zsh: source <(\(name) completion zsh)
        \(function)() {
            local line
            local -a found shown
            for line in "${(@f)$("${(Q)words[1]}" \(command) -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
                if [[ "$line" == "\(Self.files)" ]]; then
                    _files
                    return
                fi
                [[ -n "$line" ]] || continue
                found+=("${line%%$'\\t'*}")
                shown+=("${line/$'\\t'/  -- }")
            done
            (( $#found )) && compadd -l -d shown -a found
        }
        # In a folder of fpath the file is the function's own text; sourced, it declares it.
        if [[ "${funcstack[1]}" == "\(function)" ]]; then
            \(function) "$@"
        else
            (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }
            compdef \(function) \(name)
        fi

        """
    }

    private var fish: String {
        """
        # \(name) completion for fish: \(name) completion fish | source
        function _\(function)
            set -l words (commandline -opc)
            set -l typed (commandline -ct)
            set -l lines (command $words[1] \(command) -- $words[2..-1] "$typed" 2>/dev/null)
            if test "$lines[1]" = "\(Self.files)"
                __fish_complete_path "$typed"
                return
            end
            printf '%s\\n' $lines
        end
        complete -c \(name) -f -a '(_\(function))'

        """
    }
}
