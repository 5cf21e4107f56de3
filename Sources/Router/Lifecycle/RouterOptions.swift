/// How a router is started; the rest is in its configuration.
package struct RouterOptions: Sendable {
    /// Path of routes.json.
    package var configuration: String
    /// Loops, each with its own listeners. Default 1.
    package var threads: Int
    /// Only say whether the configuration is valid.
    package var checksOnly: Bool

    package init(configuration: String, threads: Int = 1, checksOnly: Bool = false) {
        self.configuration = configuration
        self.threads = threads
        self.checksOnly = checksOnly
    }
}
