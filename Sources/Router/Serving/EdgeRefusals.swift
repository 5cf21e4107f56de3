import Routing

/// For want of what of the router's own a request or a connection was refused.
enum EdgeLack: UInt8, CaseIterable, Sendable {
    case connections
    case connectionsPerAddress
    case inFlight
    case held

    /// The key of `limits` that says how much there may be.
    var key: String {
        switch self {
        case .connections: "connections"
        case .connectionsPerAddress: "connectionsPerAddress"
        case .inFlight: "inFlight"
        case .held: "held"
        }
    }
}

/// What one loop refused for its own sake: since the start, and in the last minute.
struct EdgeRefusals: Sendable {
    private var totals = InlineArray<4, UInt64>(repeating: 0)
    private var recent = InlineArray<4, RecentCount>(repeating: RecentCount())

    mutating func count(_ lack: EdgeLack, now: Int64) {
        totals[Int(lack.rawValue)] &+= 1
        recent[Int(lack.rawValue)].count(now: now)
    }

    /// Those of a loop as they are at `now`, to be added up.
    func figures(now: Int64) -> Figures {
        var figures = Figures()
        for index in 0..<4 {
            figures.totals[index] = totals[index]
            figures.lastMinute[index] = recent[index].total(now: now)
        }
        return figures
    }

    struct Figures: Sendable {
        fileprivate var totals = InlineArray<4, UInt64>(repeating: 0)
        fileprivate var lastMinute = InlineArray<4, Int>(repeating: 0)

        func total(_ lack: EdgeLack) -> UInt64 { totals[Int(lack.rawValue)] }
        func lastMinute(_ lack: EdgeLack) -> Int { lastMinute[Int(lack.rawValue)] }

        mutating func add(_ other: Figures) {
            for index in 0..<4 {
                totals[index] &+= other.totals[index]
                lastMinute[index] += other.lastMinute[index]
            }
        }
    }
}

extension EdgeLimits {
    func limit(_ lack: EdgeLack) -> Int {
        switch lack {
        case .connections: connections
        case .connectionsPerAddress: connectionsPerAddress
        case .inFlight: inFlight
        case .held: held
        }
    }
}
