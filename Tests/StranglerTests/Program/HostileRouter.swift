import AdminAPI
import AdminClient
import ControlKit
import JSON
import Operations
import Strangler

/// Answers as a router, with something in every text that a terminal must not get.
enum HostileRouter {
    /// Clears the screen, in C0 and in C1, turns the writing around, and forges a line.
    static let poison = "\u{1B}[2J\u{9B}2J\u{202E}\u{200F}\u{1B}[31m\nforged"

    static func connect(
        _ document: String
    ) -> @Sendable (AdminAddress, String?, Duration) -> AdminClient.Exchange {
        let bytes = Array(document.utf8)
        let percents = Dictionary(
            uniqueKeysWithValues: (RoutesSketch(bytes)?.routes ?? []).map { ($0.id, $0.percent) })
        let state = FakeRouter.State(document: bytes, revision: 7, percents: percents)
        return { _, _, _ in
            { request in
                switch request.target.prefix(while: { $0 != "?" }) {
                case "/v1/status": return answer(poisoned(text(FakeRouter.status(state))))
                case "/v1/explain": return answer(poisoned(text(explained)))
                case "/v1/tap":
                    request.receive?(stream(FakeRouter.tapped(false)))
                    return answer("")
                case "/v1/events":
                    request.receive?(stream(FakeRouter.events))
                    return answer("")
                case "/v1/routes" where request.method == "GET": return answer(document)
                default: return AdminResponse(status: 422, body: Array(poisoned(text(problem)).utf8))
                }
            }
        }
    }

    private static let explained = ExplainResponse(
        request: .init(method: "GET", path: "/x", normalisedPath: "/x", forwardedPath: "/x", host: "a"), revision: 7,
        route: "profile", match: "prefix /x", considered: [.init(route: "profile", isMatch: true, reason: "prefix")],
        keys: [.init(source: "header:x", isFound: true, reason: "there")], keySource: "header", bucket: 5,
        threshold: 10, percent: 10, decision: "bucket", side: "legacy", upstream: "monolith",
        upstreamHealth: "healthy", fallback: "none", mirror: .init(would: true, to: "profile", reason: "all"),
        sentence: "To legacy")

    private static let problem = AdminProblem(
        type: "about:blank", title: "Unprocessable Content", status: 422, detail: "no", origin: "router",
        code: "no_service", revision: nil, diagnostics: nil)

    private static func text(_ value: some WireObject) -> String { String(decoding: value.json, as: UTF8.self) }

    private static func answer(_ text: String) -> AdminResponse { AdminResponse(status: 200, body: Array(text.utf8)) }

    private static func stream(_ text: String) -> [UInt8] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("data: ") ? "data: " + poisoned(String(line.dropFirst(6))) : String(line)
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// The document with the poison behind every text in it; names of members stay.
    static func poisoned(_ text: String) -> String {
        guard let root = try? JSONDocument(text).root else { return text }
        return OutputValue(root).poisoned.json(pretty: false)
    }
}

extension OutputValue {
    fileprivate var poisoned: OutputValue {
        switch self {
        case .string(let text): .string(text + HostileRouter.poison)
        case .array(let values): .array(values.map(\.poisoned))
        case .object(let members): .object(members.map { Member($0.key, $0.value.poisoned) })
        default: self
        }
    }

    /// A value that was read, to be written again.
    fileprivate init(_ value: JSONValue) {
        switch value.kind {
        case .null: self = .null
        case .bool: self = .bool(value.bool ?? false)
        case .number: self = value.int.map { .integer(Int64($0)) } ?? .number(value.double ?? 0)
        case .string, .key: self = .string(value.string ?? "")
        case .array: self = .array(value.elements.map(OutputValue.init))
        case .object: self = .object(value.members.map { Member($0.key, OutputValue($0.value)) })
        }
    }
}
