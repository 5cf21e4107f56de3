import EventLoop
import HTTP

/// A tap's place on one loop: lines that its filter takes, until the control loop fetches them. Bounded: what does not
/// fit is counted. Confined to its loop.
final class LoopTap {
    let number: UInt64
    private let filter: TapFilter
    private var bytes: [UInt8] = []
    private var dropped: UInt64 = 0
    private var isTaken = false

    /// About a thousand lines, ten thousand a second: more than anybody reads.
    static let limit = 256 << 10

    init(number: UInt64, filter: TapFilter) {
        self.number = number
        self.filter = filter
    }

    /// Looks at an exchange that has ended; `appendIfTaken` follows when some tap of the loop takes it.
    func considers(_ line: ExchangeLine) -> Bool {
        let exchange = line.exchange
        isTaken = filter.takes(
            route: exchange.route?.id, side: exchange.machine.side, status: exchange.machine.status,
            method: exchange.method == .other ? "OTHER" : exchange.method.name, path: line.path,
            microseconds: line.microseconds, draw: exchange.identity.high)
        return isTaken
    }

    func appendIfTaken(_ line: UnsafeRawBufferPointer) {
        guard isTaken else { return }
        guard bytes.count + line.count <= Self.limit else {
            dropped &+= 1
            return
        }
        bytes.append(contentsOf: line)
    }

    /// What came since the last time.
    struct Haul: Sendable {
        var number: UInt64
        var bytes: [UInt8]
        var dropped: UInt64
    }

    func take() -> Haul {
        defer {
            bytes = []
            dropped = 0
        }
        return Haul(number: number, bytes: bytes, dropped: dropped)
    }
}

extension Worker {
    func addTap(_ number: UInt64, _ filter: TapFilter) {
        loop.preconditionOnLoop()
        taps = (taps ?? []) + [LoopTap(number: number, filter: filter)]
    }

    func removeTap(_ number: UInt64) {
        loop.preconditionOnLoop()
        let left = (taps ?? []).filter { $0.number != number }
        taps = left.isEmpty ? nil : left
    }

    func takeTaps() -> [LoopTap.Haul] { taps?.map { $0.take() } ?? [] }
}
