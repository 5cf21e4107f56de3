package import DurableFiles

/// How a router is started; the rest is in its configuration.
package struct RouterOptions: Sendable {
    /// Path of routes.json.
    package var configuration: String
    /// Loops, each with its own listeners. Default 1.
    package var threads: Int
    /// Only say whether the configuration is valid.
    package var checksOnly: Bool
    /// Take the listening sockets over from the router that runs with this configuration; start as usual when there is
    /// none.
    package var takesOver: Bool
    /// How names among the endpoints are found. Default: the system's resolver.
    package var resolver: NameResolver
    /// How the configuration and what lies beside it are written. Default: the kernel's.
    package var files: FileCalls

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
