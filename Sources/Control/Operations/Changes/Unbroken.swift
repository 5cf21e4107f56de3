/// Runs to its end what must not be left half done: a change that is under way and its line in the ledger. Ctrl-C ends
/// the command afterwards; a second one ends the process.
/// - Parameter waits: is told of a cancellation, which does not reach `body`.
package func unbroken<Value: Sendable>(
    _ waits: @escaping @Sendable () -> Void, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // A task of its own does not hear of the cancellation of the one that waits for it.
    let work = Task { try await body() }
    return try await withTaskCancellationHandler {
        try await work.value
    } onCancel: {
        waits()
    }
}
