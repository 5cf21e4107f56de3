import HTTP

/// Everything that a connection to an upstream tells its machine, as values that a table can name and a walk can draw.
enum ClientConnectionEvent: Hashable {
    case reused, pooled, closed, input
    case requestStarted(asks: Bool)
    case requestEnded, outputDrained, bytesArrived
    case interimParsed
    case upgradeParsed(webSocket: Bool)
    case headParsed(keep: Bool, unsent: Bool)
    case responseEnded(surplus: Bool, last: Bool, paused: Bool)
    case inputClosed(endsBody: Bool)
    case timedOut(paused: Bool, blocked: Bool)
}

extension ClientConnectionStateMachine: ConnectionMachine {
    static let events: [ClientConnectionEvent] = {
        let either = [false, true]
        let pairs = either.flatMap { one in either.map { (one, $0) } }
        return [
            .reused, .pooled, .closed, .input, .requestEnded, .outputDrained, .bytesArrived, .interimParsed,
        ]
            + either.flatMap { [.requestStarted(asks: $0), .upgradeParsed(webSocket: $0), .inputClosed(endsBody: $0)] }
            + pairs.flatMap { [.headParsed(keep: $0, unsent: $1), .timedOut(paused: $0, blocked: $1)] }
            + pairs.flatMap { one, two in either.map { .responseEnded(surplus: one, last: two, paused: $0) } }
    }()

    static func words(of event: ClientConnectionEvent) -> Set<String> {
        func words(_ name: String, _ flags: (String, Bool)...) -> Set<String> {
            Set([name] + flags.filter(\.1).map(\.0))
        }
        return switch event {
        case .reused, .pooled, .closed, .input, .requestEnded, .outputDrained, .bytesArrived, .interimParsed:
            ["\(event)"]
        case .requestStarted(let asks): words("requestStarted", ("asks", asks))
        case .upgradeParsed(let webSocket): words("upgradeParsed", ("webSocket", webSocket))
        case .headParsed(let keep, let unsent): words("headParsed", ("keep", keep), ("unsent", unsent))
        case .responseEnded(let surplus, let last, let paused):
            words("responseEnded", ("surplus", surplus), ("last", last), ("paused", paused))
        case .inputClosed(let endsBody): words("inputClosed", ("endsBody", endsBody))
        case .timedOut(let paused, let blocked): words("timedOut", ("paused", paused), ("blocked", blocked))
        }
    }

    /// The phase, the request unless there is none, the response unless its head is awaited, and the flags that are
    /// set.
    var words: Set<String> {
        var words: Set = ["\(phase)"]
        switch request {
        case .none: break
        case .sending, .complete: words.insert("\(request)")
        }
        if !awaitsHead { words.insert("\(response)") }
        if asksUpgrade { words.insert("asks") }
        if keepsAlive { words.insert("keeps") }
        if hasResponseBytes { words.insert("bytes") }
        if wasReused { words.insert("reused") }
        return words
    }

    /// `full`: as many interim responses have come as may.
    var conditions: Set<String> { interimCount == Self.maximumInterim ? ["full"] : [] }

    mutating func apply(_ event: ClientConnectionEvent) -> String {
        switch event {
        case .reused: return "\(reused())"
        case .pooled:
            pooled()
            return ""
        case .closed:
            closed()
            return ""
        case .input: return "\(input)"
        case .requestStarted(let asks): return "\(requestStarted(asksUpgrade: asks))"
        case .requestEnded: return "\(requestEnded())"
        case .outputDrained: return "\(outputDrained())"
        case .bytesArrived:
            bytesArrived()
            return ""
        case .interimParsed: return head(HTTPStatus(103))
        case .upgradeParsed(let webSocket): return head(.switchingProtocols, webSocket: webSocket)
        case .headParsed(let keep, let unsent): return head(.ok, keep: keep, unsent: unsent)
        case .responseEnded(let surplus, let last, let paused):
            return "\(responseEnded(hasSurplus: surplus, isLast: last, isPaused: paused))"
        case .inputClosed(let endsBody): return "\(inputClosed(endsBody: endsBody))"
        case .timedOut(let paused, let blocked): return "\(timedOut(isPaused: paused, isWriteBlocked: blocked))"
        }
    }

    private mutating func head(
        _ status: HTTPStatus, keep: Bool = true, webSocket: Bool = false, unsent: Bool = false
    ) -> String {
        var head = ResponseHead()
        head.status = status
        head.keepAlive = keep
        head.isWebSocketUpgrade = webSocket
        return "\(headParsed(head, hasUnsent: unsent))"
    }
}
