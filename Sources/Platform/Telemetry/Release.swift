/// Which release a program belongs to: all programs of the project carry the same number.
package enum Release {
    /// Semantic versioning (semver.org).
    package static let version = "0.1.0"
}
