import EventLoop

/// What is known of one name among the endpoints: takes answers in, says what to do. The last good set is kept through
/// failures and empty answers: a name server that is away must not take a site down (Envoy's `STRICT_DNS` does the
/// same).
struct NameWatch: Equatable {
    enum Action: Equatable {
        /// As before.
        case nothing
        /// `addresses` are others than before: serve these.
        case adopt
        /// The set is the one before, after failures.
        case recovered
        /// No answer; the set stays. `isNews`: the one before was good.
        case keep(reason: String, isNews: Bool)
    }

    /// The most endpoints that one name can make: more than any sane answer, and a bound on what a name server can make
    /// us hold.
    static let mostAddresses = 16

    /// The last good set, in a fixed order; never empty.
    private(set) var addresses: [SocketAddress]
    private(set) var isFailing = false

    init(addresses: [SocketAddress]) { self.addresses = Self.set(of: addresses) }

    mutating func answered(_ answer: NameAnswer) -> Action {
        let found: [SocketAddress]
        switch answer {
        case .addresses(let list): found = Self.set(of: list)
        case .failure(let reason): return failed(reason)
        }
        guard !found.isEmpty else { return failed("no addresses") }
        let wasFailing = isFailing
        isFailing = false
        guard found != addresses else { return wasFailing ? .recovered : .nothing }
        addresses = found
        return .adopt
    }

    private mutating func failed(_ reason: String) -> Action {
        defer { isFailing = true }
        return .keep(reason: reason, isNews: !isFailing)
    }

    /// Name servers answer in turning order, which says nothing: sorted, each once, not too many.
    static func set(of addresses: [SocketAddress]) -> [SocketAddress] {
        let sorted = Set(addresses).map { (text: $0.description, address: $0) }.sorted { $0.text < $1.text }
        return sorted.prefix(mostAddresses).map(\.address)
    }
}
