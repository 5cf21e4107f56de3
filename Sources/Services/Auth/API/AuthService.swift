import Formats
import Glibc
import HTTP
import SQLite
import Secrets
package import ServiceKit
import Sessions
import Telemetry

/// How the auth service is set up.
package struct AuthConfiguration: Sendable {
    /// Folder of `auth.db`; made when missing.
    package var dataFolder: String
    /// Default: `token.key` beside the data folder, where the monolith keeps it too.
    package var tokenKeyFile: String
    /// `http://HOST:PORT` of the process that owns sessions while this one follows. Default: none, this one decides.
    package var owner: String?
    /// Where warnings go. Default: nowhere.
    package var log: @Sendable (String) -> Void = { _ in }
    /// Seconds, for how often passwords are guessed. Default: the time of day; tests give a clock that stands.
    package var loginClock: @Sendable () -> Int = { Timestamp.now().seconds }

    package init(dataFolder: String, tokenKeyFile: String? = nil, owner: String? = nil) {
        self.dataFolder = dataFolder
        self.tokenKeyFile = tokenKeyFile ?? dataFolder + "/../token.key"
        self.owner = owner
    }
}

/// Accounts and sessions, taken out of the monolith.
package final class AuthService: Sendable {
    /// What answers requests.
    package let app: ServiceApp

    package struct BadOwner: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ configuration: AuthConfiguration) throws {
        try DataFolder.make(configuration.dataFolder)
        let store = try AuthStore(path: configuration.dataFolder + "/auth.db")
        let key = try TokenKey.load(orCreate: configuration.tokenKeyFile)
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let storage = try WorkerPool(name: "storage", threads: 4)
        let hashing = try WorkerPool(name: "hashing", threads: 2 * cores, waiting: 64)
        let owner = try configuration.owner.map { url in
            guard let owner = SessionOwner(url: url, client: try HTTPClient(name: "owner")) else {
                throw BadOwner(description: "--owner \(url): not an address like http://127.0.0.1:9000")
            }
            return owner
        }
        let gate = SessionGate(key: key, storage: storage, owner: owner) { id in
            try store.session(id: id).map { .init(tokenHash: $0.tokenHash, isRevoked: $0.revokedAt != nil) }
        }
        var app = ServiceApp()
        app.translate = Self.problem
        let log = configuration.log
        app.unexpected = { request, error in log("\(request.method.name) \(request.path): \(error)") }
        AccountRoutes(
            store: store, gate: gate, storage: storage, hashing: hashing, owner: owner,
            logins: LoginGate(now: configuration.loginClock)
        ).add(to: &app)
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
