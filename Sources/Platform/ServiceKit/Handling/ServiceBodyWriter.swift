import EventLoop

/// Writes the body of a streamed answer. `write` returns when the connection has room for more, so that a slow reader
/// slows the handler and memory stays bounded.
package final class ServiceBodyWriter: @unchecked Sendable {
    // @unchecked: all mutable state is touched only on `loop`'s thread; `write` goes there first.

    private let loop: Loop
    private var waiter: UnsafeContinuation<Void, Never>?
    private var isGone = false
    /// Hands bytes to the connection; false when it wants to be asked again after `becameWritable`.
    var send: ((ArraySlice<UInt8>) -> Bool)?

    init(loop: Loop) { self.loop = loop }

    /// Handed to the connection in pieces of this size, so that what it holds back stays bounded.
    private static let pieceSize = 64 << 10

    /// Returns when the connection has room for more. Throws `ClientGone` when nobody reads any more.
    package func write(_ bytes: [UInt8]) async throws {
        if loop.isOnLoop { return try await writeOnLoop(bytes) }
        try await withTaskExecutorPreference(loop) { try await self.writeOnLoop(bytes) }
    }

    private func writeOnLoop(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while true {
            guard !isGone, let send else { throw ClientGone() }
            let piece = rest.prefix(Self.pieceSize)
            rest = rest.dropFirst(piece.count)
            if !piece.isEmpty, !send(piece) {
                await withUnsafeContinuation { waiter = $0 }
                if isGone { throw ClientGone() }
            }
            if rest.isEmpty { return }
        }
    }

    // MARK: For the connection, on the loop

    func becameWritable() { wake() }

    func closed() {
        isGone = true
        send = nil
        wake()
    }

    private func wake() {
        guard let waiting = waiter else { return }
        waiter = nil
        waiting.resume()
    }
}
