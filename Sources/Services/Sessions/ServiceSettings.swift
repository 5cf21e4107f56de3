package import Arguments
import HTTP
package import ServiceKit

/// What each service of the estate is told when it starts.
package struct ServiceSettings: Sendable {
    /// Folder of the database; made when missing.
    package var dataFolder: String
    /// Default: `token.key` beside the data folder, where the monolith keeps it too.
    package var tokenKeyFile: String
    /// `http://HOST:PORT` of the process that owns the sessions while this one follows. Default: none; then the token
    /// and the rows that are here decide.
    package var owner: String?
    /// Where warnings go. Default: nowhere.
    package var log: @Sendable (String) -> Void = { _ in }

    package init(dataFolder: String, tokenKeyFile: String? = nil, owner: String? = nil) {
        self.dataFolder = dataFolder
        self.tokenKeyFile = tokenKeyFile ?? dataFolder + "/../token.key"
        self.owner = owner
    }

    /// What the command line of `ServiceProgram` says, with `SessionOwner.option` among its options.
    package init(
        dataFolder: String, _ arguments: ParsedArguments, log: @escaping @Sendable (String) -> Void
    ) {
        self.init(dataFolder: dataFolder, tokenKeyFile: arguments["token-key"], owner: arguments["owner"])
        self.log = log
    }

    /// An app that logs what goes wrong unexpectedly, and says when the store cannot be written.
    package func app() -> ServiceApp {
        var app = ServiceApp()
        app.translate = Problem.ofStore
        app.unexpected = { [log] request, error in log("\(request.method.name) \(request.path): \(error)") }
        return app
    }
}
