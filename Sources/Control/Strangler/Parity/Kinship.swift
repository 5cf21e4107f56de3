import EventLoop
import Synchronization

/// Whether two places are one process, asked once for each pair: a run asks for each step.
final class Kinship: Sendable {
    private struct Pair: Hashable {
        var left: SocketAddress
        var right: SocketAddress
    }

    /// Only one address is one process; who listens is not looked up. For a proxy that stands before both sides.
    private let trustsNames: Bool
    private let known = Mutex<[Pair: String?]>([:])

    init(trustsNames: Bool) { self.trustsNames = trustsNames }

    func sameness(_ left: SidePlace, _ right: SidePlace) -> String? {
        // One server may serve both sides beneath paths of its own.
        guard left.prefix == right.prefix || left.address != right.address else { return nil }
        let pair = Pair(left: left.address, right: right.address)
        if let answer = known.withLock({ $0[pair] }) { return answer }
        let answer = trustsNames && left.address != right.address ? nil : SameProcess.sentence(left, right)
        known.withLock { $0[pair] = .some(answer) }
        return answer
    }
}
