package import AdminClient
import Formats
import Glibc
import Telemetry

/// Everything outside a command that it may touch, passed in so that tests can stand in for it.
package struct CommandEnvironment: Sendable {
    package var variables: [String: String]
    package var console: Console
    /// Now, as RFC 3339 UTC.
    package var now: @Sendable () -> String
    /// Who gives the command, for the ledger and the router's audit line.
    package var actor: String
    /// Opens the way to a router's admin API; the token comes along when one is set.
    package var connect: @Sendable (AdminAddress, _ token: String?, _ timeout: Duration) -> AdminClient.Exchange
    /// The path of the running program, to find the programs beside it.
    package var program: String
    package var interruption: Interruption
    /// Whether the text form ends with what to do next.
    package var showsNextSteps = true

    package init(
        variables: [String: String], console: Console, now: @escaping @Sendable () -> String, actor: String,
        connect: @escaping @Sendable (AdminAddress, String?, Duration) -> AdminClient.Exchange, program: String,
        interruption: Interruption
    ) {
        self.variables = variables
        self.console = console
        self.now = now
        self.actor = actor
        self.connect = connect
        self.program = program
        self.interruption = interruption
    }

    /// Now in UTC with seconds, `2026-11-23T23:59:59Z`.
    package static func timestamp() -> String { Timestamp.now().text }

    /// The account that runs us: the one behind `sudo`, the login name, or the number.
    package static func account(variables: [String: String]) -> String {
        if let behind = variables["SUDO_USER"], !behind.isEmpty { return behind }
        if let entry = getpwuid(getuid()), let name = entry.pointee.pw_name { return String(cString: name) }
        return "uid \(getuid())"
    }

    /// The variables of this process.
    package static func processVariables() -> [String: String] {
        var variables: [String: String] = [:]
        // Safe: read before any other thread exists, and nobody here calls setenv.
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }
}
