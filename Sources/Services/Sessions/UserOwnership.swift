import HTTP
package import SQLite
import ServiceKit

/// Whether a user's rows are this service's, while users move between it and the monolith.
///
/// `strangler data` keeps that in tables of the service's own store (docs/data.md); without them every user is the
/// service's. The store's triggers refuse writes of rows that are not; asking before is for the reads, which would show
/// what is on its way, and for a response that says where to go instead.
package enum UserOwnership {
    /// Epochs below belong to groups whose rows are read here and written elsewhere: whoever was sent here shall read.
    private static let firstOwnedEpoch = 2

    /// Throws 421 (RFC 9110 15.5.20) when the rows of a user are not this service's, with the side that has them;
    /// without a side for a write while they are on their way. In the transaction that goes on to read or write them.
    ///
    /// - Parameters:
    ///   - isWrite: whether rows are to be written. While a user moves away, the rows here are still the last ones, and
    ///     are read; nobody writes them.
    ///   - key: the user's, as the router finds it in requests.
    ///   - group: of the tables, as in data.json.
    package static func check(
        _ key: String, of group: String, in tx: DatabaseConnection, isWrite: Bool = false
    ) throws {
        let tables = try tx.int("SELECT count(*) FROM sqlite_master WHERE name IN ('_sf_own', '_sf_key')") ?? 0
        guard tables == 2, try tx.int("SELECT max(epoch) FROM _sf_own WHERE grp = ?", group) ?? 0 >= firstOwnedEpoch
        else { return }
        // Who signed up at the monolith is the monolith's until the rows have come and the key is listed with them.
        guard let bucket = try tx.int("SELECT bucket FROM _sf_key WHERE grp = ? AND key = ?", group, key) else {
            throw misdirected(to: "legacy")
        }
        let range = try tx.first(
            "SELECT owner, state FROM _sf_own WHERE grp = ? AND lo <= ? ORDER BY lo DESC LIMIT 1", group, bucket
        ) { (owner: $0.text(0), state: $0.text(1)) }
        switch (range?.owner, range?.state) {
        case ("B", "own"): return
        case ("B", _): if isWrite { throw misdirected(to: nil) }
        default: throw misdirected(to: "legacy")
        }
    }

    private static func misdirected(to side: String?) -> Problem {
        Problem(
            HTTPStatus(421), code: "not_here", title: "This user's data is kept elsewhere at the moment",
            fields: side.map { [("x-strangler-owner", $0)] } ?? [])
    }
}
