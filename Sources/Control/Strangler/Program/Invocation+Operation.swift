import AdminClient
import Arguments
import ControlKit
import Operations

extension Invocation {
    /// What this call asks operations to act on.
    func operation() throws(OperationFailure) -> OperationContext {
        OperationContext(
            configPath: configPath, admin: { try admin() },
            isRouterNamed: try namedAddress() != nil, isDryRun: isDryRun, despiteData: inputs.has("despite-data"),
            author: author, dataPath: DataFile.path(self), isDataNamed: inputs["data"] != nil, ledger: ledger,
            remark: { [console] in console.warn($0) }, waits: waits)
    }

    /// Said when Ctrl-C comes while a change is under way.
    var waits: @Sendable () -> Void {
        { [console] in
            console.say("The change is asked for; its answer is waited for. Ctrl-C once more ends this at once.")
        }
    }

    /// The ledger of this configuration: `STRANGLER_LEDGER`, else `run/ledger.db` beside the routes file.
    var ledger: LedgerBook {
        LedgerBook(
            path: environment.variables["STRANGLER_LEDGER"].flatMap { $0.isEmpty ? nil : $0 }
                ?? FileSystem.resolve("run/ledger.db", in: configFolder),
            actor: environment.actor, now: environment.now, warn: { [console] in console.warn($0) })
    }
}
