import EventLoop

/// Writes the body of a streamed response. `write` returns when the connection has room for more, so that a slow reader
/// slows the handler and memory stays bounded.
package final class ServiceBodyWriter: @unchecked Sendable {
    // @unchecked: all mutable state is touched only on `loop`'s thread; `write` goes there first.

    private let loop: Loop
    private var waiter: UnsafeContinuation<Void, Never>?
    private var isGone = false
    /// The connection has enough for now.
    private var isBlocked = false
    /// Hands bytes to the connection; false when it wants to be asked again after `becameWritable`.
    var send: ((ArraySlice<UInt8>) -> Bool)?

    init(loop: Loop) { self.loop = loop }

    /// Handed to the connection in pieces of this size, so that what it holds back stays bounded.
    static let pieceSize = 64 << 10

    /// Returns when the connection has room for more. Throws `ClientGone` when the client has gone.
    package func write(_ bytes: [UInt8]) async throws {
        if loop.isOnLoop { return try await writeOnLoop(bytes) }
        try await withTaskExecutorPreference(loop) { try await self.writeOnLoop(bytes) }
    }

    private func writeOnLoop(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while true {
            rest = rest.dropFirst(try give(rest))
            try await roomOnLoop()
            if rest.isEmpty { return }
        }
    }

    /// Hands on as many bytes as there is room for, at least one if there are any, without waiting, and returns how
    /// many. It is for bytes that can be read again: a caller that drops the rest while it waits for `room` holds
    /// nothing for a slow reader. Throws `ClientGone`.
    package func offer(_ bytes: [UInt8]) async throws -> Int {
        if loop.isOnLoop { return try give(bytes[...]) }
        return try await withTaskExecutorPreference(loop) { try self.give(bytes[...]) }
    }

    /// Returns when the connection has room. Throws `ClientGone`.
    package func room() async throws {
        if loop.isOnLoop { return try await roomOnLoop() }
        return try await withTaskExecutorPreference(loop) { try await self.roomOnLoop() }
    }

    private func give(_ bytes: ArraySlice<UInt8>) throws -> Int {
        var given = 0
        while given < bytes.count, given == 0 || !isBlocked {
            guard !isGone, let send else { throw ClientGone() }
            let piece = bytes.dropFirst(given).prefix(Self.pieceSize)
            given += piece.count
            isBlocked = !send(piece)
        }
        if isGone { throw ClientGone() }
        return given
    }

    private func roomOnLoop() async throws {
        if isBlocked, !isGone { await withUnsafeContinuation { waiter = $0 } }
        if isGone { throw ClientGone() }
    }

    // MARK: For the connection, on the loop

    func becameWritable() {
        isBlocked = false
        wake()
    }

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
