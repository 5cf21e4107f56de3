import Synchronization

/// What a command said, in the order it was said.
final class Transcript: Sendable {
    private let content = Mutex("")

    var text: String { content.withLock { $0 } }

    func append(_ text: String) { content.withLock { $0 += text } }
}
