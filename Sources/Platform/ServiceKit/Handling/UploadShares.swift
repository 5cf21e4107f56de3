/// How many uploads are under way and what they hold, by account: a state machine without a clock.
///
/// A slow upload holds a place for a long time. An account therefore has a share of the places, and the bytes that have
/// come are counted instead of those that were announced.
package struct UploadShares: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Uploads of one account at once. Default 6, which is as many connections as a browser opens to one server.
        package var perAccount = 6
        /// Uploads of all accounts at once.
        package var total = 64
        /// Bytes of all uploads in memory. Default 256 MiB.
        package var bytes = 256 << 20

        package init() {}
    }

    package enum Admission: Sendable, Equatable {
        case admitted
        /// The account has as many as it may; others are not concerned.
        case shareIsUsed
        case noRoom
    }

    private let limits: Limits
    private var accounts: [String: Int] = [:]
    private var total = 0
    private var bytes = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    package mutating func begin(_ account: String) -> Admission {
        guard accounts[account, default: 0] < limits.perAccount else { return .shareIsUsed }
        guard total < limits.total, bytes < limits.bytes else { return .noRoom }
        accounts[account, default: 0] += 1
        total += 1
        return .admitted
    }

    /// False when there is no room for them; then they are not counted.
    package mutating func arrived(_ count: Int) -> Bool {
        guard count <= limits.bytes - bytes else { return false }
        bytes += count
        return true
    }

    /// An admitted upload, of which `count` bytes were counted, is over.
    package mutating func end(_ account: String, _ count: Int) {
        bytes -= count
        total -= 1
        let left = accounts[account, default: 1] - 1
        accounts[account] = left > 0 ? left : nil
    }
}
