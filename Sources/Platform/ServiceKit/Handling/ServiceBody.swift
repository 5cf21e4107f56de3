package import EventLoop

/// A request's body as it arrives. Reading waits for the peer; not reading makes the peer wait: at most
/// `highWater` bytes are held, then the connection stops reading.
///
/// One reader at a time. Safe to read from any task: every access hops to the connection's loop, which costs nothing
/// for handlers, as they run there.
package final class ServiceBody: @unchecked Sendable {
    // @unchecked: all mutable state is touched only on `loop`'s thread (checked); `next` goes there first.

    /// Bytes held before the connection stops reading.
    package static let highWater = 64 << 10

    private let loop: Loop
    /// What `Content-Length` announced; nil when unknown.
    package private(set) var announcedLength: UInt64?
    private var pieces: [[UInt8]] = []
    private var held = 0
    private var ending: Ending?
    private var reader: UnsafeContinuation<Void, Never>?
    private var isPaused = false
    /// Tells the connection to stop (true) or go on (false) reading.
    var setPaused: ((Bool) -> Void)?
    /// Called once, before the first read: sends `100 Continue` to a client that waits for it.
    var beforeFirstRead: (() -> Void)?

    private enum Ending { case complete, failed(any Error) }

    package init(loop: Loop, announcedLength: UInt64? = nil) {
        self.loop = loop
        self.announcedLength = announcedLength
    }

    /// A body that is there already: for tests and for requests without one.
    package convenience init(loop: Loop, complete bytes: [UInt8]) {
        self.init(loop: loop, announcedLength: UInt64(bytes.count))
        if !bytes.isEmpty { pieces = [bytes] }
        held = bytes.count
        ending = .complete
    }

    /// The next bytes; nil at the end. Throws when the client went away or broke the framing.
    package func next() async throws -> [UInt8]? {
        if loop.isOnLoop { return try await nextOnLoop() }
        return try await onLoop { try await self.nextOnLoop() }
    }

    /// The whole body, at most `limit` bytes; more is a 413, known before reading when the length was announced.
    ///
    /// - Parameter arrived: gets the number of bytes of each piece before it is kept; an error that it throws ends the
    ///   reading.
    package func collect(limit: Int, arrived: (Int) throws -> Void = { _ in }) async throws -> [UInt8] {
        if let announcedLength, announcedLength > UInt64(limit) { throw Problem.tooLarge(limit: limit) }
        var all: [UInt8] = []
        all.reserveCapacity(Int(announcedLength ?? 0))
        while let piece = try await next() {
            guard all.count + piece.count <= limit else { throw Problem.tooLarge(limit: limit) }
            try arrived(piece.count)
            all += piece
        }
        return all
    }

    private func nextOnLoop() async throws -> [UInt8]? {
        if let first = beforeFirstRead {
            beforeFirstRead = nil
            first()
        }
        while true {
            if !pieces.isEmpty {
                let piece = pieces.removeFirst()
                held -= piece.count
                if isPaused, held < Self.highWater / 2 {
                    isPaused = false
                    setPaused?(false)
                }
                return piece
            }
            switch ending {
            case .complete: return nil
            case .failed(let error): throw error
            case nil: break
            }
            precondition(reader == nil, "a body has one reader at a time")
            await withUnsafeContinuation { reader = $0 }
        }
    }

    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result
    {
        try await withTaskExecutorPreference(loop) { try await body() }
    }

    // MARK: For the connection, on the loop

    func announce(_ length: UInt64) { announcedLength = length }

    func arrived(_ bytes: UnsafeRawBufferPointer) {
        loop.preconditionOnLoop()
        guard ending == nil else { return }
        pieces.append([UInt8](bytes))
        held += bytes.count
        if held >= Self.highWater, !isPaused {
            isPaused = true
            setPaused?(true)
        }
        wakeReader()
    }

    func ended() { finish(.complete) }

    func failed(_ error: any Error) { finish(.failed(error)) }

    /// Whether the end came and was not a failure.
    var isComplete: Bool { if case .complete? = ending { true } else { false } }

    private func finish(_ how: Ending) {
        loop.preconditionOnLoop()
        guard ending == nil else { return }
        ending = how
        setPaused = nil
        beforeFirstRead = nil
        wakeReader()
    }

    private func wakeReader() {
        guard let waiting = reader else { return }
        reader = nil
        waiting.resume()
    }
}

/// The client closed the connection, or broke it, before the exchange was over.
package struct ClientGone: Error {
    package init() {}
}
