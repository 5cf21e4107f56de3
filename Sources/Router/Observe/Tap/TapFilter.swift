import AdminAPI
import EventLoop
import HTTP
import Routing

/// Which exchanges a tap shows. Pure.
struct TapFilter: Equatable, Sendable {
    enum Status: Equatable, Sendable {
        case exactly(UInt16)
        /// `5xx`.
        case inClass(UInt16)

        init?(_ text: String) {
            let bytes = Array(text.utf8)
            guard bytes.count == 3, let first = bytes.first, (0x31...0x35).contains(first) else { return nil }
            if text.dropFirst().lowercased() == "xx" {
                self = .inClass(UInt16(first - 0x30))
            } else if let code = UInt16(text) {
                self = .exactly(code)
            } else {
                return nil
            }
        }

        func contains(_ status: UInt16) -> Bool {
            switch self {
            case .exactly(let code): status == code
            case .inClass(let number): status / 100 == number
            }
        }
    }

    var route: String?
    var side: Side?
    var status: Status?
    /// As it stands in the line: methods that are not known are `OTHER`.
    var method: String?
    /// Of the path that was forwarded, on any byte.
    var pathPrefix: [UInt8] = []
    var minimumMicroseconds: UInt64 = 0
    /// One of so many, chosen by the request's id. Default 1.
    var sample: UInt64 = 1
    /// The tap ends after so many lines; nil: never.
    var limit: Int?

    static let highestSample = 1_000_000
    static let highestLimit = 1_000_000

    /// - Parameter draw: random bits of the exchange's own.
    func takes(
        route: String?, side: Side, status: UInt16, method: StaticString, path: UnsafeRawBufferPointer,
        microseconds: UInt64, draw: UInt64
    ) -> Bool {
        guard microseconds >= minimumMicroseconds, sample <= 1 || draw % sample == 0 else { return false }
        if let wanted = self.status, !wanted.contains(status) { return false }
        if let wanted = self.side, wanted != side { return false }
        if let wanted = self.route, wanted != route { return false }
        if let wanted = self.method, wanted != method.description { return false }
        return path.count >= pathPrefix.count && path.prefix(pathPrefix.count).elementsEqual(pathPrefix)
    }

    /// Reads the query of `GET /v1/tap`; or what is wrong with it.
    static func read(_ request: AdminRequest, routes: [String]) -> Result<TapFilter, AdminAnswerError> {
        var filter = TapFilter()
        func bad(_ text: String) -> Result<TapFilter, AdminAnswerError> {
            .failure(.init(answer: .problem(400, "bad_request", text)))
        }
        if let route = request.value(.route) {
            guard routes.contains(route) else {
                let known = routes.joined(separator: ", ")
                return .failure(
                    .init(answer: .problem(404, "not_found", "no route \"\(route)\"; routes are \(known)")))
            }
            filter.route = route
        }
        if let text = request.value(.side) {
            guard let side = Side.allCases.first(where: { $0.name.description == text }) else {
                return bad("side is legacy or service")
            }
            filter.side = side
        }
        if let text = request.value(.status) {
            guard let status = Status(text) else { return bad("status is a code such as 502, or a class such as 5xx") }
            filter.status = status
        }
        if let method = request.value(.tappedMethod)?.uppercased() {
            let known = HTTPMethod.allCases.filter { $0 != .other }.map(\.name.description) + ["OTHER"]
            guard known.contains(method) else { return bad("method is one of " + known.joined(separator: ", ")) }
            filter.method = method
        }
        filter.pathPrefix = Array((request.value(.pathPrefix) ?? "").utf8)
        if let text = request.value(.minimumDuration) {
            guard let milliseconds = RollbackOrder.milliseconds(text) else {
                return bad("min_duration is a time with its unit, such as 500ms or 2s")
            }
            filter.minimumMicroseconds = UInt64(milliseconds) * 1000
        }
        if let text = request.value(.sample) {
            let number = text.hasPrefix("1/") ? text.dropFirst(2) : text[...]
            guard let sample = AdminRequest.number(String(number), in: 1...highestSample) else {
                return bad("sample is 1/N, N from 1 to \(highestSample)")
            }
            filter.sample = UInt64(sample)
        }
        if let text = request.value(.limit) {
            guard let limit = AdminRequest.number(text, in: 1...highestLimit) else {
                return bad("limit is 1 to \(highestLimit)")
            }
            filter.limit = limit
        }
        return .success(filter)
    }
}
