package import ControlKit
import Telemetry

extension OperationFailure {
    /// The lines a person reads on standard error.
    func lines(_ style: Style) -> [String] {
        var lines = diagnostics.map(Printable.text)
        lines.append(style.paint("error:", .bad) + " " + Printable.text(message))
        for fix in fixes { lines.append(style.paint("  fix:", .strong) + " " + Printable.line(fix)) }
        return lines
    }

    /// How a command ends that failed so.
    package var exit: ExitCode {
        switch kind {
        case .failed: .failure
        case .usage: .usage
        case .configuration: .configuration
        case .conflict: .conflict
        case .gateFailed: .gateFailed
        case .unreachable: .unreachable
        case .timedOut: .timedOut
        case .interrupted: .interrupted
        }
    }

    /// The same failure as data, for `-o json`.
    var datum: OutputValue {
        [
            "error": .string(message), "exit": .integer(Int64(exit.rawValue)),
            "fixes": .array(fixes.map { .string($0) }),
            "diagnostics": .array(diagnostics.map { .string($0) }),
        ]
    }
}
