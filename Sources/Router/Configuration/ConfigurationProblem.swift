import Routing

/// Why a configuration was not taken, in words for its author and in a word for programs.
struct ConfigurationProblem: Error, Sendable {
    /// One of the words of the admin API.
    let code: String
    /// Status of the admin API's answer.
    let status: UInt16
    let message: String
    var diagnostics: [Diagnostic] = []

    static func invalid(_ diagnostics: [Diagnostic]) -> ConfigurationProblem {
        ConfigurationProblem(
            code: "invalid_configuration", status: 422,
            message: diagnostics.map { $0.render() }.joined(separator: "\n"), diagnostics: diagnostics)
    }

    static func invalid(_ message: String) -> ConfigurationProblem {
        ConfigurationProblem(code: "invalid_configuration", status: 422, message: message)
    }

    static func storage(_ message: String) -> ConfigurationProblem {
        ConfigurationProblem(code: "storage_failed", status: 503, message: message)
    }
}
