package import DurableFiles

/// How a router is started; the rest is in its configuration.
package struct RouterOptions: Sendable {
    /// Path of routes.json.
    package var configuration: String
    /// Loops, each with its own listeners. Default 1.
    package var threads: Int
    /// Whether to check the configuration and end.
    package var checksOnly: Bool
    /// Whether to take the listening sockets over from the router that runs with this configuration. When none runs,
    /// the router starts as usual.
    package var takesOver: Bool
    /// How names among the endpoints are resolved. Default: the system's resolver.
    package var resolver: NameResolver
    /// The calls by which the configuration and the files beside it are written. Default: the kernel's.
    package var files: FileCalls
    /// How long requests of users that change sides may be held.
    package var holds = HoldBounds()

    package init(
        configuration: String, threads: Int = 1, checksOnly: Bool = false, takesOver: Bool = false,
        resolver: NameResolver = .system, files: FileCalls = .kernel
    ) {
        self.resolver = resolver
        self.files = files
        self.configuration = configuration
        self.threads = threads
        self.checksOnly = checksOnly
        self.takesOver = takesOver
    }
}
