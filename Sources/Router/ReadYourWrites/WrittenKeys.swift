import Routing

/// The user of one request, by all keys that it has: places in the memory of `RecentWrites`.
///
/// All keys and not the deciding one alone: a user writes `POST /pictures` with a token and reads `GET /pictures/{id}`,
/// whose path is a key before the token. And without a context's salt: the same user is at the same place for all. A
/// trivial value, which an exchange carries until the response comes.
struct WrittenKeys: Equatable, Sendable {
    /// The request may change state, so that its user is to be remembered.
    var isWrite = false
    private(set) var count: UInt8 = 0
    private var places = SIMD8<UInt16>()

    /// A ninth key is not looked at.
    static let limit = 8
    private static let unsalted = Assignment(salt: "")

    init(isWrite: Bool = false) { self.isWrite = isWrite }

    /// Looks for all keys of `keys`. An address is many users': one that writes is remembered by it only when it says
    /// nothing better, and one that reads may be that one.
    mutating func find(_ keys: CompiledKeys, in request: KeyContext) {
        request.forEach(of: keys, sparesAddress: isWrite) { append(Self.unsalted.bucket(of: $0)) }
    }

    mutating func append(_ bucket: Int32) {
        let place = UInt16(truncatingIfNeeded: bucket)
        guard count < Self.limit else { return }
        for index in 0..<Int(count) where places[index] == place { return }
        places[Int(count)] = place
        count += 1
    }

    func forEach(_ body: (UInt16) -> Void) {
        for index in 0..<Int(count) { body(places[index]) }
    }
}
