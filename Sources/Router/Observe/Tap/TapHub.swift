import EventLoop
import HTTPTransport

/// Brings the exchanges that the loops' taps took to the clients of `GET /v1/tap`. Confined to the control loop.
final class TapHub {
    private struct Reader {
        let connection: any ClientStream
        /// Lines still wanted; nil: no end.
        var left: Int?
        var dropped: UInt64 = 0
    }

    private unowned let router: RouterProcess
    /// By number; nil while its response has not begun.
    private var readers: [UInt64: Reader?] = [:]
    private var lastNumber: UInt64 = 0
    private var ticks = 0
    private lazy var timer = Timer(loop: router.loop) { [unowned self] in collect() }

    static let readerLimit = 8
    private static let interval = Moment.Span.milliseconds(100)
    /// A comment goes out so often, that whatever stands between does not cut an idle stream: every 15 s.
    private static let ticksPerComment = 150
    /// What a reader may have waiting before lines are left out for it.
    private static let unsentLimit = 256 << 10

    init(_ router: RouterProcess) { self.router = router }

    /// Opens a tap on every loop, then tells its number; nil: there are as many as may be.
    func open(_ filter: TapFilter, _ done: @escaping (UInt64?) -> Void) {
        guard readers.count < Self.readerLimit else { return done(nil) }
        lastNumber += 1
        let number = lastNumber
        readers[number] = .some(nil)
        router.collect({ $0.addTap(number, filter) }) { _ in done(number) }
    }

    /// The response has begun: lines may follow.
    func attach(_ number: UInt64, to connection: any ClientStream, limit: Int?) {
        let isFirst = !readers.values.contains { $0 != nil }
        readers[number] = .some(Reader(connection: connection, left: limit))
        if isFirst { timer.fire(after: Self.interval) }
    }

    func remove(_ connection: any ClientStream) {
        for (number, reader) in readers where reader?.connection === connection { remove(number) }
    }

    /// Closes a tap on every loop.
    func remove(_ number: UInt64) {
        guard readers.removeValue(forKey: number) != nil else { return }
        for worker in router.workers { worker.run { $0.removeTap(number) } }
    }

    func close() {
        timer.cancel()
        for case .some(let reader) in readers.values { reader.connection.finish() }
        readers = [:]
    }

    private func collect() {
        guard !readers.isEmpty else { return }
        ticks += 1
        let comments = ticks.isMultiple(of: Self.ticksPerComment)
        router.collect({ $0.takeTaps() }) { [self] parts in
            for haul in parts.joined() { bring(haul) }
            for number in readers.keys { settle(number, comments: comments) }
            if readers.values.contains(where: { $0 != nil }) { timer.fire(after: Self.interval) }
        }
    }

    private func bring(_ haul: LoopTap.Haul) {
        guard case .some(.some(var reader)) = readers[haul.number] else { return }
        reader.dropped &+= haul.dropped
        var text: [UInt8] = []
        for line in haul.bytes.split(separator: UInt8(ascii: "\n")) {
            if reader.left == 0 { break }
            if reader.connection.unsentCount + text.count > Self.unsentLimit {
                reader.dropped &+= 1
                continue
            }
            text += Array("event: exchange\ndata: ".utf8)
            text += line
            text += Array("\n\n".utf8)
            if let left = reader.left { reader.left = left - 1 }
        }
        // Before it is sent: sending may end the connection, which takes the reader out.
        readers[haul.number] = .some(reader)
        if !text.isEmpty { text.withUnsafeBytes { reader.connection.sendBody($0) } }
    }

    /// Tells what was left out, and ends what has enough.
    private func settle(_ number: UInt64, comments: Bool) {
        guard case .some(.some(var reader)) = readers[number] else { return }
        var text = ""
        if reader.dropped > 0, reader.connection.unsentCount <= Self.unsentLimit {
            text = "event: dropped\ndata: {\"dropped\":\(reader.dropped)}\n\n"
            reader.dropped = 0
            readers[number] = .some(reader)
        } else if comments {
            text = ": still here\n\n"
        }
        let isEnough = reader.left == 0
        if isEnough { text += "event: end\ndata: {}\n\n" }
        if !text.isEmpty { Array(text.utf8).withUnsafeBytes { reader.connection.sendBody($0) } }
        // Its exchange ends with it, and takes the tap away.
        if isEnough { reader.connection.finish() }
    }
}
