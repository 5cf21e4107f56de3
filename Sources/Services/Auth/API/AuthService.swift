import Formats
import Glibc
package import ServiceKit
package import Sessions
import Telemetry

/// How the auth service is set up.
package struct AuthConfiguration: Sendable {
    package var settings: ServiceSettings
    /// Seconds, for how often passwords are guessed. Default: the time of day; tests give a clock that stands.
    package var loginClock: @Sendable () -> Int = { Timestamp.now().seconds }

    package init(_ settings: ServiceSettings) { self.settings = settings }
}

/// Accounts and sessions, taken out of the monolith.
package final class AuthService: Sendable {
    /// What answers requests.
    package let app: ServiceApp

    package init(_ configuration: AuthConfiguration) throws {
        let settings = configuration.settings
        try DataFolder.make(settings.dataFolder)
        let store = try AuthStore(path: settings.dataFolder + "/auth.db")
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let storage = try WorkerPool(name: "storage", threads: 4)
        let hashing = try WorkerPool(name: "hashing", threads: 2 * cores, waiting: 64)
        let gate = try SessionGate(settings, storage: storage) { try store.session(id: $0) }
        var app = settings.app()
        AccountRoutes(
            store: store, gate: gate, storage: storage, hashing: hashing,
            logins: LoginGate(now: configuration.loginClock)
        ).add(to: &app)
        self.app = app
    }
}
