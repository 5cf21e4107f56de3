import EventLoop

/// Counts client connections, in all and per address, over the loops of a process. A lock: taken twice per connection,
/// never per request.
package final class ConnectionCensus: Sendable {
    private struct Address: Hashable {
        var high: UInt64
        var low: UInt64
    }

    private struct Counts {
        var total = 0
        var byAddress: [Address: Int] = [:]
    }

    private let counts = Guarded(Counts())

    package init() {}

    package var total: Int { counts.withLock { $0.total } }

    enum Admission: Equatable {
        case admitted
        case tooMany
        case tooManyFromAddress
    }

    /// - Parameter peer: nil when the client is not known yet; `attribute` follows, or `dismissUnknown`.
    func admit(_ peer: SocketAddress?, limit: Int, perAddress: Int) -> Admission {
        counts.withLock { counts in
            guard counts.total < limit else { return .tooMany }
            if let peer, !Self.count(peer, in: &counts, perAddress) { return .tooManyFromAddress }
            counts.total += 1
            return .admitted
        }
    }

    /// Whose connection it is that was admitted without an address. When that one has too many it stays admitted
    /// without.
    func attribute(to peer: SocketAddress, perAddress: Int) -> Admission {
        counts.withLock { Self.count(peer, in: &$0, perAddress) ? .admitted : .tooManyFromAddress }
    }

    private static func count(_ peer: SocketAddress, in counts: inout Counts, _ perAddress: Int) -> Bool {
        guard !peer.isUnix else { return true }
        let (high, low) = peer.hostBytes
        let held = counts.byAddress[Address(high: high, low: low), default: 0]
        guard held < perAddress else { return false }
        counts.byAddress[Address(high: high, low: low)] = held + 1
        return true
    }

    func dismissUnknown() { counts.withLock { $0.total -= 1 } }

    func dismiss(isUnix: Bool, high: UInt64, low: UInt64) {
        counts.withLock { counts in
            counts.total -= 1
            guard !isUnix else { return }
            let address = Address(high: high, low: low)
            let left = counts.byAddress[address, default: 1] - 1
            counts.byAddress[address] = left > 0 ? left : nil
        }
    }
}
