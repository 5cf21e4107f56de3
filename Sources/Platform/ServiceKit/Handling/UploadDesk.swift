import HTTP
import Synchronization

/// Takes uploads whose bytes are held in memory until they are stored, within `UploadShares`.
package final class UploadDesk: Sendable {
    private let shares = Mutex(UploadShares(limits: .init()))

    package init() {}

    /// Reads the body and gives it to `body`; the upload has its place until that returns.
    ///
    /// - Parameter limit: most bytes; more is a 413.
    package func take<Result: Sendable>(
        _ request: ServiceRequest, of account: String, limit: Int,
        _ body: ([UInt8]) async throws -> Result
    ) async throws -> Result {
        switch shares.withLock({ $0.begin(account) }) {
        case .admitted: break
        case .shareIsUsed:
            throw Problem(
                .tooManyRequests, code: "too_many_uploads", title: "Your other uploads come first",
                detail: "wait until one of them has ended", fields: [("retry-after", "1")])
        case .noRoom: throw Problem.busy("too many uploads at once")
        }
        var counted = 0
        defer { shares.withLock { [counted] in $0.end(account, counted) } }
        let bytes = try await request.body.collect(limit: limit) { count in
            guard shares.withLock({ $0.arrived(count) }) else { throw Problem.busy("too many uploads at once") }
            counted += count
        }
        return try await body(bytes)
    }
}
