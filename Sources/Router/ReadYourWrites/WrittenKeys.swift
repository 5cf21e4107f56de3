/// The user of one request, by all keys that it has: places in the memory of `RecentWrites`.
///
/// All keys and not the deciding one alone: a user writes `POST /pictures` with a token and reads `GET /pictures/{id}`,
/// whose path is a key before the token. A trivial value, which an exchange carries until the response comes.
struct WrittenKeys: Equatable, Sendable {
    /// The request may change state, so that its user is to be remembered.
    var isWrite = false
    private(set) var count: UInt8 = 0
    private var places = SIMD4<UInt16>()

    /// A fifth key is not looked at.
    static let limit = 4

    init(isWrite: Bool = false) { self.isWrite = isWrite }

    mutating func append(_ bucket: Int32) {
        guard count < Self.limit else { return }
        places[Int(count)] = UInt16(truncatingIfNeeded: bucket)
        count += 1
    }

    func forEach(_ body: (UInt16) -> Void) {
        for index in 0..<Int(count) { body(places[index]) }
    }
}
