import EventLoop
import HTTPTransport
import Routing

/// The long-lived exchanges of one loop, as figures without any content of a request. It is a value, so that another
/// thread may read it.
struct LongLivedInventory: Sendable {
    /// The exchanges that one side of one route has open for longer than a given time.
    struct Counts: Sendable, Equatable {
        /// By `LongLivedPolicy.Kind`.
        var kinds = InlineArray<5, Int>(repeating: 0)
        /// Nanoseconds since the oldest began; 0 when there is none.
        var oldest: UInt64 = 0
        /// Exchanges of any age that the route's policy will end, because their key has moved to the other side.
        var closing = 0

        var total: Int { LongLivedPolicy.Kind.allCases.reduce(0) { $0 + count($1) } }
        func count(_ kind: LongLivedPolicy.Kind) -> Int { kinds[Int(kind.rawValue)] }

        mutating func add(_ other: Counts) {
            for index in kinds.indices { kinds[index] += other.kinds[index] }
            oldest = max(oldest, other.oldest)
            closing += other.closing
        }

        static func == (left: Counts, right: Counts) -> Bool {
            left.oldest == right.oldest && left.closing == right.closing
                && LongLivedPolicy.Kind.allCases.allSatisfy { left.count($0) == right.count($0) }
        }
    }

    struct Sides: Sendable {
        var legacy = Counts()
        var service = Counts()

        subscript(side: Side) -> Counts {
            get {
                switch side {
                case .legacy: legacy
                case .service: service
                }
            }
            set {
                switch side {
                case .legacy: legacy = newValue
                case .service: service = newValue
                }
            }
        }
    }

    /// By route id.
    private(set) var routes: [String: Sides] = [:]

    init(_ parts: [LongLivedInventory] = []) {
        for part in parts {
            for (id, sides) in part.routes {
                for side in Side.allCases { routes[id, default: Sides()][side].add(sides[side]) }
            }
        }
    }

    /// Counts the open ones of `exchanges`. The table that each began with says what counts as long.
    init(_ exchanges: [Exchange], now: Moment, closing: [ObjectIdentifier: Moment]) {
        // Looked up by the route's state and not by its id: a loop may have ten thousand open, and hashing a text for
        // each takes too long.
        var found: [ObjectIdentifier: (id: String, sides: Sides)] = [:]
        for exchange in exchanges where exchange.isUnderWay {
            guard let route = exchange.route else { continue }
            let age = now.since(exchange.startedAt)
            let isLong = age > route.longAfter
            let isClosing = !closing.isEmpty && closing[ObjectIdentifier(exchange)] != nil
            guard isLong || isClosing else { continue }
            var counts = Counts()
            if isLong {
                counts.kinds[Int(exchange.kind.rawValue)] = 1
                counts.oldest = age.nanoseconds
            }
            if isClosing { counts.closing = 1 }
            found[ObjectIdentifier(route.state), default: (route.id, Sides())].sides[exchange.machine.side].add(counts)
        }
        for (id, sides) in found.values { routes[id] = sides }
    }
}

/// One exchange in the response to `GET /v1/streams`.
struct OpenExchange: Sendable {
    var route: String
    var side: Side
    var kind: LongLivedPolicy.Kind
    /// The revision of the table that it began with.
    var revision: UInt64
    var age: Moment.Span
    var bytesIn: UInt64
    var bytesOut: UInt64
    /// The time until the policy ends it; nil when it ends by itself.
    var endsIn: Moment.Span?
}

/// Which exchanges `GET /v1/streams` lists.
struct OpenExchangeFilter: Sendable {
    var route: String?
    var side: Side?
    var kind: LongLivedPolicy.Kind?
    /// The least age. Default: what the route's policy calls long.
    var minimumAge: Moment.Span?
    /// At most so many, 1 to 1,000. Default 100.
    var limit = 100

    static let highestLimit = 1000
}

extension Worker {
    func longLivedInventory() -> LongLivedInventory {
        loop.preconditionOnLoop()
        return LongLivedInventory(exchanges, now: loop.now, closing: longLived.dueMoments())
    }

    /// How many exchanges fit the filter, and the oldest of them.
    func openExchanges(_ filter: OpenExchangeFilter) -> (total: Int, oldest: [OpenExchange]) {
        loop.preconditionOnLoop()
        let now = loop.now
        var found = exchanges.filter { exchange in
            guard exchange.isUnderWay, let route = exchange.route else { return false }
            if let wanted = filter.route, wanted != route.id { return false }
            if let side = filter.side, side != exchange.machine.side { return false }
            if let kind = filter.kind, kind != exchange.kind { return false }
            return now.since(exchange.startedAt) >= filter.minimumAge ?? route.longAfter
        }
        let total = found.count
        found.sort { $0.startedAt < $1.startedAt }
        let closing = longLived.dueMoments()
        let oldest = found.prefix(filter.limit).map { exchange in
            OpenExchange(
                route: exchange.route?.id ?? "", side: exchange.machine.side, kind: exchange.kind,
                revision: exchange.route?.shared.revision ?? 0, age: now.since(exchange.startedAt),
                bytesIn: exchange.client?.receivedBodyBytes ?? 0, bytesOut: exchange.responseBytes,
                endsIn: closing[ObjectIdentifier(exchange)].map { $0.since(now) })
        }
        return (total, Array(oldest))
    }
}
