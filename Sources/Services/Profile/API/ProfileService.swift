import Glibc
import HTTP
import SQLite
import Secrets
package import ServiceKit
import Sessions

/// How the profile service is set up.
package struct ProfileConfiguration: Sendable {
    /// Folder of `profile.db`; made when missing.
    package var dataFolder: String
    /// Default: `token.key` beside the data folder, where the monolith keeps it too.
    package var tokenKeyFile: String
    /// `http://HOST:PORT` of the process that owns sessions. Default: none; then the token and the rows that are
    /// here decide.
    package var owner: String?
    /// Where warnings go. Default: nowhere.
    package var log: @Sendable (String) -> Void = { _ in }

    package init(dataFolder: String, tokenKeyFile: String? = nil, owner: String? = nil) {
        self.dataFolder = dataFolder
        self.tokenKeyFile = tokenKeyFile ?? dataFolder + "/../token.key"
        self.owner = owner
    }
}

/// Profiles and galleries, taken out of the monolith.
package final class ProfileService: Sendable {
    /// What answers requests.
    package let app: ServiceApp

    package struct BadOwner: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ configuration: ProfileConfiguration) throws {
        try DataFolder.make(configuration.dataFolder)
        let store = try ProfileStore(path: configuration.dataFolder + "/profile.db")
        let key = try TokenKey.load(orCreate: configuration.tokenKeyFile)
        let storage = try WorkerPool(name: "storage", threads: 4)
        let owner = try configuration.owner.map { url in
            guard let owner = SessionOwner(url: url, client: try HTTPClient(name: "owner")) else {
                throw BadOwner(description: "--owner \(url): not an address like http://127.0.0.1:9000")
            }
            return owner
        }
        let gate = SessionGate(key: key, storage: storage, owner: owner) { try store.session(id: $0) }
        var app = ServiceApp()
        app.translate = Self.problem
        let log = configuration.log
        app.unexpected = { request, error in log("\(request.method.name) \(request.path): \(error)") }
        ProfileRoutes(store: store, gate: gate, storage: storage).add(to: &app)
        self.app = app
    }

    /// A store that cannot be written is said to be so: nothing was changed, and the client may come back.
    private static func problem(_ error: any Error) -> Problem? {
        guard let error = error as? SQLiteError else { return nil }
        if error.isFull {
            return Problem(
                .insufficientStorage, code: "storage_full", title: "There is no room to store this",
                detail: "nothing was changed")
        }
        if error.isStorageFailure || error.isBusy { return .busy("the store cannot be reached; nothing was changed") }
        return nil
    }
}
