/// Runs to its end what must not be left half done: a change that is under way and its line in the ledger. Ctrl-C ends the command
/// afterwards; a second one ends the process.
func unbroken<Value: Sendable>(
    _ console: Console, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // A task of its own does not hear of the cancellation of the one that waits for it.
    let work = Task { try await body() }
    return try await withTaskCancellationHandler {
        try await work.value
    } onCancel: {
        console.say("The change is asked for; its answer is waited for. Ctrl-C once more ends this at once.")
    }
}
