import Routing

/// Why a request was not served as it was meant to be.
enum ShedReason: UInt8, CaseIterable, Sendable {
    /// Too many requests under way.
    case inFlight
    /// Too many bytes are held back for slow peers.
    case memory
    /// Too many requests wait for a connection to the upstream.
    case upstreamQueue
    /// A read of the service that legacy served, because the service has a queue. It was not refused.
    case serviceShare

    var name: StaticString {
        switch self {
        case .inFlight: "in_flight"
        case .memory: "memory"
        case .upstreamQueue: "upstream_queue"
        case .serviceShare: "service_share"
        }
    }
}

/// What one loop shed, by reason.
struct ShedCounters: Sendable {
    private var counts = InlineArray<4, UInt64>(repeating: 0)

    mutating func count(_ reason: ShedReason) { counts[Int(reason.rawValue)] &+= 1 }
    subscript(reason: ShedReason) -> UInt64 { counts[Int(reason.rawValue)] }

    mutating func add(_ other: ShedCounters) {
        for index in 0..<4 { counts[index] &+= other.counts[index] }
    }
}

/// Decides what goes first when there is more than a loop or an upstream can carry: copies, then the new side's share
/// of reads, then users by the priority of their route. Pure: figures in, verdict out.
///
/// The order and the names follow what operators know: Google's criticalities (SRE book, chapter 21), Envoy's
/// overload manager with a threshold for each action, HAProxy's queue with priority classes.
struct LoadShedder: Equatable {
    enum Verdict: Equatable {
        case serve
        /// The other side serves the request: it is a read, and the service has a queue.
        case serveByLegacy
        /// 503 with `Retry-After`.
        case refuse(ShedReason)
    }

    private var requests: LoadGauge
    private var memory: LoadGauge

    /// - Parameters:
    ///   - inFlight: this loop's share of `limits.inFlight`.
    ///   - held: this loop's share of `limits.held`, in bytes.
    init(inFlight: Int, held: Int) {
        requests = LoadGauge(limit: inFlight, marks: .resource)
        memory = LoadGauge(limit: held, marks: .resource)
    }

    /// The limits given are those of the process, of which each loop has its share.
    init(_ limits: EdgeLimits, threads: Int) {
        let threads = max(1, threads)
        self.init(inFlight: max(1, limits.inFlight / threads), held: max(1, limits.held / threads))
    }

    /// Whether a copy may be sent: only while the loop is calm and no user waits for the side that the copy would go
    /// to.
    mutating func allowsCopy(inFlight: Int64, heldBytes: Int, usersWait: Bool) -> Bool {
        requests.read(Int(clamping: inFlight)) == .calm && memory.read(heldBytes) == .calm && !usersWait
    }

    /// - Parameters:
    ///   - inFlight: requests of the loop under way, without this one.
    ///   - heldBytes: bytes that the loop's connections hold back for slow peers.
    ///   - queue: level of the queue of the upstream that the request is meant for.
    ///   - mayMove: whether it is a read that legacy may serve, and legacy has no queue itself. Evaluated only when it
    ///     matters.
    @inline(__always)
    mutating func decide(
        _ priority: Route.Priority, inFlight: Int64, heldBytes: Int, queue: LoadLevel, mayMove: @autoclosure () -> Bool
    ) -> Verdict {
        let requests = requests.read(Int(truncatingIfNeeded: inFlight))
        let memory = memory.read(heldBytes)
        if requests.rawValue | memory.rawValue | queue.rawValue == 0 { return .serve }
        return Self.decideUnderLoad(priority, requests: requests, memory: memory, queue: queue, mayMove: mayMove())
    }

    private static func decideUnderLoad(
        _ priority: Route.Priority, requests: LoadLevel, memory: LoadLevel, queue: LoadLevel, mayMove: Bool
    ) -> Verdict {
        let bound: LoadLevel =
            switch priority {
            case .sheddable: .high
            case .normal: .severe
            case .critical: .full
            }
        if requests >= bound { return .refuse(.inFlight) }
        if memory >= bound { return .refuse(.memory) }
        if queue >= .raised, mayMove { return .serveByLegacy }
        return queue >= bound ? .refuse(.upstreamQueue) : .serve
    }
}
