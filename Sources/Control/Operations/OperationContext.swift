package import AdminAPI
package import AdminClient

/// What an operation acts on, for whom and how. There is no command line in it, so a dashboard or a controller makes
/// one as well as the command line does.
package struct OperationContext: Sendable {
    /// The routes file, which is changed itself when no router answers.
    package var configPath: String
    /// Finds the router of that file, or throws a `OperationFailure`. Connecting happens with the first request.
    package var admin: @Sendable () throws -> AdminClient
    /// The caller named the router. When it does not answer, that is an error, and no file is changed instead.
    package var isRouterNamed: Bool
    /// Everything is looked at and nothing is changed.
    package var isDryRun: Bool
    /// Readers are moved although nothing vouches for their rows.
    package var despiteData: Bool
    /// Who asks, and why.
    package var author: ChangeAuthor
    /// The data file, which says where the stores are.
    package var dataPath: String
    /// The caller named the data file. When it is not there, that is an error.
    package var isDataNamed: Bool
    /// Where every change is recorded.
    package var ledger: LedgerBook
    /// Is told what the caller should know and did not ask for.
    package var remark: @Sendable (String) -> Void
    /// Is told that the caller was cancelled, and that a change which is under way is still waited for.
    package var waits: @Sendable () -> Void

    package init(
        configPath: String, admin: @escaping @Sendable () throws -> AdminClient, isRouterNamed: Bool,
        isDryRun: Bool, despiteData: Bool, author: ChangeAuthor, dataPath: String, isDataNamed: Bool,
        ledger: LedgerBook, remark: @escaping @Sendable (String) -> Void, waits: @escaping @Sendable () -> Void
    ) {
        self.configPath = configPath
        self.admin = admin
        self.isRouterNamed = isRouterNamed
        self.isDryRun = isDryRun
        self.despiteData = despiteData
        self.author = author
        self.dataPath = dataPath
        self.isDataNamed = isDataNamed
        self.ledger = ledger
        self.remark = remark
        self.waits = waits
    }
}
