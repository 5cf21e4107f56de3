private import Formats

/// Which side of a route serves a request, and why: the one response that the request path, `GET /v1/explain`, plans
/// and the inventory of long-lived exchanges share.
///
/// A trivial value, so that the request path pays nothing for the reason; words are made of it only when somebody reads
/// them.
public struct AssignmentDecision: Equatable, Sendable {
    /// What decided, in the order in which it is asked.
    public enum Reason: UInt8, Sendable, CaseIterable {
        case noService
        /// The request asked for its side.
        case override
        case percentAll
        /// The percentage is 0, but the key has exchanges open on the service, and the rollback lets them end
        /// (`drain`).
        case lingering
        case percentZero
        /// The bucket of the request's key, against the percentage.
        case bucket
        /// There is no key, and the client's connection is logged in on a side.
        case connection
        /// There is no key: requests are shared out.
        case share
        /// There is no key, and each user's data is owned by one side: legacy's is the data that is nobody's.
        case defaultSide
        /// The service would serve it, but its user has written a moment ago, and the service is not known to have the
        /// write.
        case recentWrite
    }

    public let side: Side
    public let reason: Reason
    /// Of the request's key; -1 when it was not needed to decide, or there is no key.
    public let bucket: Int32

    @inlinable public init(_ side: Side, _ reason: Reason, bucket: Int32 = -1) {
        self.side = side
        self.reason = reason
        self.bucket = bucket
    }

    /// Decides: the override, then the exact ends 0 and 100, then the bucket of the key, then the connection, then the
    /// share. Whoever comes to the service by one of these goes to legacy after a write of their own; not who asked for
    /// the service by the override.
    ///
    /// - Parameters:
    ///   - percent: the route's; 0 when it has no service.
    ///   - override: the side that the request asks for, when the route lets it.
    ///   - lingering: the bucket of the request's key, when that key stays on the service although the percentage is 0.
    ///   - bucket: that of the request's key; nil: it has none.
    ///   - bound: the side that the client's connection is logged in on.
    ///   - share: the side of one more request without a key.
    ///   - awaitsWrite: the request's user has written what the service is not known to have.
    ///
    /// Each of these costs something to find out, so it is a question: asked only when the decision needs it, and at
    /// most once. In line, so that a question is a branch of the request path and holds no reference.
    @inlinable @inline(__always)
    public static func of(
        hasService: Bool, percent: Percent, override: () -> Side?, lingering: () -> Int32?, bucket: () -> Int32?,
        bound: () -> Side?, share: (Percent) -> Side, awaitsWrite: () -> Bool
    ) -> AssignmentDecision {
        guard hasService else { return AssignmentDecision(.legacy, .noService) }
        if let side = override() { return AssignmentDecision(side, .override) }
        let decision = split(percent, lingering: lingering, bucket: bucket, bound: bound, share: share)
        switch decision.side {
        case .legacy: return decision
        case .service:
            return awaitsWrite() ? AssignmentDecision(.legacy, .recentWrite, bucket: decision.bucket) : decision
        }
    }

    @inlinable @inline(__always)
    static func split(
        _ percent: Percent, lingering: () -> Int32?, bucket: () -> Int32?, bound: () -> Side?, share: (Percent) -> Side
    ) -> AssignmentDecision {
        if percent.ticks >= Percent.mostTicks { return AssignmentDecision(.service, .percentAll) }
        if percent.ticks <= 0 {
            if let bucket = lingering() {
                return AssignmentDecision(.service, .lingering, bucket: bucket)
            }
            return AssignmentDecision(.legacy, .percentZero)
        }
        if let bucket = bucket() {
            return AssignmentDecision(side(ofBucket: bucket, percent: percent), .bucket, bucket: bucket)
        }
        if let side = bound() { return AssignmentDecision(side, .connection) }
        return AssignmentDecision(share(percent), .share)
    }

    /// The same in a context of the mode `owned`, where a request without a key is never shared out: what it writes
    /// belongs to no user, and so to the default side, until the service has everything.
    package static func owned(
        hasService: Bool, percent: Percent, override: Side?, bucket: Int32?
    ) -> AssignmentDecision {
        let decision = of(
            hasService: hasService, percent: percent, override: { override }, lingering: { nil },
            bucket: { bucket }, bound: { nil }, share: { _ in .legacy }, awaitsWrite: { false })
        let isShared = if case .share = decision.reason { true } else { false }
        return AssignmentDecision(decision.side, isShared ? .defaultSide : decision.reason, bucket: bucket ?? -1)
    }

    /// The service serves the bucket iff it lies below the percentage's ticks; 0 and 100 are exact by that.
    @inlinable public static func side(ofBucket bucket: Int32, percent: Percent) -> Side {
        bucket < percent.ticks ? .service : .legacy
    }

    /// The buckets whose side a change of the percentage changes; empty when none does.
    package static func moved(from before: Percent, to after: Percent) -> Range<Int32> {
        min(before, after).ticks..<max(before, after).ticks
    }
}

extension AssignmentDecision.Reason {
    /// As the admin API writes it in `decision`.
    package var word: String {
        switch self {
        case .noService: "no-service"
        case .override: "override"
        case .percentAll: "percent-100"
        case .lingering: "lingering"
        case .percentZero: "percent-0"
        case .bucket: "bucket"
        case .connection: "connection"
        case .share: "accumulator"
        case .defaultSide: "default-side"
        case .recentWrite: "recent-write"
        }
    }
}

extension AssignmentDecision {
    /// Why, behind "because".
    ///
    /// - Parameters:
    ///   - override: the route's; nil: it has none.
    ///   - mints: the request gets a key with its response, so the next request has one.
    ///   - sinceWrite: milliseconds since the write that is waited for.
    package func sentence(
        percent: Percent, override: OverridePolicy?, mints: Bool, sinceWrite: Int64 = 0
    ) -> String {
        switch reason {
        case .noService: return "the route has no service"
        case .override:
            let isOpen = override.map { $0.secretFile == nil && $0.trusted.isEmpty } ?? true
            return "\(override?.header ?? "the request") asks for it"
                + (isOpen ? "" : ", if the client is trusted or knows the secret")
        case .percentAll: return "the percentage is 100"
        case .lingering: return "the percentage is 0, but its key has exchanges open on the service"
        case .percentZero: return "the percentage is 0"
        case .bucket:
            return "bucket \(bucket) \(side == .service ? "<" : ">=") \(percent.ticks) (\(percent) %)"
        case .connection: return "there is no key, and its connection is logged in there"
        case .share:
            return mints
                ? "there is no key yet: a new cookie decides, \(percent) % go to the service"
                : "there is no key: every request is shared out, \(percent) % go to the service"
        case .defaultSide: return "there is no key, and what belongs to no user is legacy's"
        case .recentWrite:
            let age = DurationText.tenths(ofMilliseconds: sinceWrite)
            return "read your writes: the follower has not confirmed the write of \(age) ago"
        }
    }
}

/// Whether a read goes to legacy when the service cannot be reached: only where both sides hold what it reads.
extension Route {
    package func fallsBackForReads(in mode: DataMode) -> Bool {
        fallback == .reads && (mode == .stateless || mode == .reads)
    }
}
