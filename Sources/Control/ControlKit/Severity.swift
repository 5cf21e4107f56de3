/// How much a finding matters to the people who look after a migration.
package enum Severity: Equatable, Sendable {
    /// Everything is as it should be.
    case good
    /// It wants a look.
    case warning
    /// Users feel it, or soon will.
    case bad
}
