import EventLoop
import HTTP
import HTTPTransport
import Routing

/// The limit or setting of the router itself by which a request or a connection was refused.
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

    /// The setting's key, as it stands in the configuration.
    var path: StaticString {
        switch self {
        case .connections: "limits.connections"
        case .connectionsPerAddress: "limits.connectionsPerAddress"
        case .inFlight: "limits.inFlight"
        case .held: "limits.held"
        case .requestLine: "limits.requestLine"
        case .head: "limits.head"
        case .fields: "limits.fields"
        case .field: "limits.field"
        case .responseHead: "limits.responseHead"
        case .bodyRate: "limits.bodyRate"
        case .header: "timeouts.header"
        case .clientIdle: "timeouts.clientIdle"
        case .escapedSlashes: "paths.escapedSlashes"
        case .underscores: "headers.underscores"
        }
    }

    /// The key within `limits` for settings there; the whole key for others.
    var key: String {
        let path = path.description
        return path.hasPrefix("limits.") ? String(path.dropFirst(7)) : path
    }

    /// nil when no limit with a key here decides about the refusal. The limit of a body's length is the route's.
    init?(_ refusal: RequestRefusal) {
        switch refusal {
        case .headTooSlow: self = .header
        case .bodyStalled: self = .clientIdle
        case .bodyTooSlow: self = .bodyRate
        case .malformed(let violation, line: _): self.init(violation)
        case .bodyTooLarge: return nil
        }
    }

    /// The setting that decides about a request's violation; nil when none does.
    init?(_ violation: HTTPViolation) {
        switch violation {
        case .requestLineTooLong, .targetTooLong: self = .requestLine
        case .headTooLarge: self = .head
        case .tooManyFields: self = .fields
        case .fieldTooLong: self = .field
        case .pathSlashEscaped: self = .escapedSlashes
        case .fieldNameUnderscored: self = .underscores
        default: return nil
        }
    }
}

typealias EdgeRefusals = LimitTally<EdgeLack>

extension RoutesDocument {
    /// The limit's value in its smallest unit: bytes, pieces, bytes a second, milliseconds.
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
        // These settings are words, not numbers.
        case .escapedSlashes, .underscores: 0
        }
    }
}
