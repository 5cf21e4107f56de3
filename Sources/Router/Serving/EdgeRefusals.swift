import EventLoop
import HTTP
import HTTPTransport
import Routing

/// For want of what of the router's own, or by which of its settings, a request or a connection was refused.
enum EdgeLack: UInt8, CaseIterable, Sendable {
    case connections
    case connectionsPerAddress
    case inFlight
    case held
    case requestLine
    case head
    case fields
    case field
    case responseHead
    case bodyRate
    case header
    case clientIdle
    case escapedSlashes
    case underscores

    /// The key that says how much there may be: of `limits`, or written out.
    var key: String {
        switch self {
        case .connections: "connections"
        case .connectionsPerAddress: "connectionsPerAddress"
        case .inFlight: "inFlight"
        case .held: "held"
        case .requestLine: "requestLine"
        case .head: "head"
        case .fields: "fields"
        case .field: "field"
        case .responseHead: "responseHead"
        case .bodyRate: "bodyRate"
        case .header: "timeouts.header"
        case .clientIdle: "timeouts.clientIdle"
        case .escapedSlashes: "paths.escapedSlashes"
        case .underscores: "headers.underscores"
        }
    }

    /// The whole key.
    var path: String { key.contains(".") ? key : "limits." + key }

    /// nil: what is wrong with the request is no matter of a limit that has a key here; a body's length is the route's.
    init?(_ refusal: RequestRefusal) {
        switch refusal {
        case .headTooSlow: self = .header
        case .bodyStalled: self = .clientIdle
        case .bodyTooSlow: self = .bodyRate
        case .malformed(.requestLineTooLong, line: _), .malformed(.targetTooLong, line: _): self = .requestLine
        case .malformed(.headTooLarge, line: _): self = .head
        case .malformed(.tooManyFields, line: _): self = .fields
        case .malformed(.fieldTooLong, line: _): self = .field
        case .malformed(.pathSlashEscaped, line: _): self = .escapedSlashes
        case .malformed(.fieldNameUnderscored, line: _): self = .underscores
        case .malformed, .bodyTooLarge: return nil
        }
    }
}

typealias EdgeRefusals = LimitTally<EdgeLack>

extension RoutesDocument {
    /// As the file would say it in its smallest unit: bytes, pieces, bytes a second, milliseconds.
    func limit(_ lack: EdgeLack) -> Int {
        switch lack {
        case .connections: limits.connections
        case .connectionsPerAddress: limits.connectionsPerAddress
        case .inFlight: limits.inFlight
        case .held: limits.held
        case .requestLine: min(limits.requestLine, Worker.targetLimit)
        case .head: limits.head
        case .fields: limits.fields
        case .field: limits.field
        case .responseHead: limits.responseHead
        case .bodyRate: limits.bodyRate
        case .header: Int(clamping: timeouts.header.milliseconds)
        case .clientIdle: Int(clamping: timeouts.clientIdle.milliseconds)
        // Words, and no numbers.
        case .escapedSlashes, .underscores: 0
        }
    }
}
