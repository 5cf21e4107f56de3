import ControlKit
import Telemetry

extension CommandFailure {
    /// The lines a person reads on standard error.
    func lines(_ style: Style) -> [String] {
        var lines = diagnostics.map(Printable.text)
        lines.append(style.paint("error:", .bad) + " " + Printable.text(message))
        for fix in fixes { lines.append(style.paint("  fix:", .strong) + " " + Printable.line(fix)) }
        return lines
    }
}
