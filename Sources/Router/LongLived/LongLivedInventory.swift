import EventLoop
import HTTPTransport
import Routing

/// What is open for long on one loop: figures only, nothing that a request said. A value, so that another thread may
/// read it.
struct LongLivedInventory: Sendable {
    /// What one side of one route has open for longer than a time.
    struct Counts: Sendable, Equatable {
        /// By `LongLivedPolicy.Kind`.
        var kinds = InlineArray<5, Int>(repeating: 0)
        /// Nanoseconds since the oldest began; 0: none.
        var oldest: UInt64 = 0
        /// Of any age: ends by the route's policy, because its key moved away.
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

    /// Counts what `exchanges` have open. What is long is said by the table that each began with.
    init(_ exchanges: [Exchange], now: Moment, closing: [ObjectIdentifier: Moment]) {
        // By the route's state, not by its id: a loop may have ten thousand open, and hashing a text for each would be
        // felt.
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
            found[ObjectIdentifier(route.state), default: (route.id, Sides())].sides[exchange.progress.side].add(counts)
        }
        for (id, sides) in found.values { routes[id] = sides }
    }
}

/// One exchange in the response of `GET /v1/streams`.
struct OpenExchange: Sendable {
    var route: String
    var side: Side
    var kind: LongLivedPolicy.Kind
    /// Of the table it began with.
    var revision: UInt64
    var age: Moment.Span
    var bytesIn: UInt64
    var bytesOut: UInt64
    /// Until the policy ends it; nil: it ends by itself.
    var endsIn: Moment.Span?
}

/// Which exchanges `GET /v1/streams` lists.
struct OpenExchangeFilter: Sendable {
    var route: String?
    var side: Side?
    var kind: LongLivedPolicy.Kind?
    /// Default: what the route's policy calls long.
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

    /// Those that fit the filter: how many there are, and the oldest of them.
    func openExchanges(_ filter: OpenExchangeFilter) -> (total: Int, oldest: [OpenExchange]) {
        loop.preconditionOnLoop()
        let now = loop.now
        var found = exchanges.filter { exchange in
            guard exchange.isUnderWay, let route = exchange.route else { return false }
            if let wanted = filter.route, wanted != route.id { return false }
            if let side = filter.side, side != exchange.progress.side { return false }
            if let kind = filter.kind, kind != exchange.kind { return false }
            return now.since(exchange.startedAt) >= filter.minimumAge ?? route.longAfter
        }
        let total = found.count
        found.sort { $0.startedAt < $1.startedAt }
        let closing = longLived.dueMoments()
        let oldest = found.prefix(filter.limit).map { exchange in
            OpenExchange(
                route: exchange.route?.id ?? "", side: exchange.progress.side, kind: exchange.kind,
                revision: exchange.route?.shared.revision ?? 0, age: now.since(exchange.startedAt),
                bytesIn: exchange.client?.receivedBodyBytes ?? 0, bytesOut: exchange.responseBytes,
                endsIn: closing[ObjectIdentifier(exchange)].map { $0.since(now) })
        }
        return (total, Array(oldest))
    }
}
