package import ServiceKit
package import Sessions

/// Profiles and galleries, taken out of the monolith. Its database is `profile.db`.
package final class ProfileService: Sendable {
    /// What answers requests.
    package let app: ServiceApp

    package init(_ settings: ServiceSettings) throws {
        try DataFolder.make(settings.dataFolder)
        let store = try ProfileStore(path: settings.dataFolder + "/profile.db")
        let storage = try WorkerPool(name: "storage", threads: 4)
        let gate = try SessionGate(settings, storage: storage) { try store.session(id: $0) }
        var app = settings.app()
        ProfileRoutes(store: store, gate: gate, storage: storage).add(to: &app)
        self.app = app
    }
}
