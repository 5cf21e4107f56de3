import HTTP

/// Everything that a server's connection tells its machine, as values that a table can name and a walk can draw.
enum ServerConnectionEvent: Hashable {
    case headIncomplete
    case headParsed(keep: Bool, expects: Bool)
    case bodyArrived, bodyEnded, requestRefused, continueWanted
    case responseStarted(closes: Bool, switches: Bool)
    case responseFinished(atEnd: Bool, surplus: Bool)
    case inputClosed, loginLost, closed
    case unreadEvent(gone: Bool, finished: Bool)
    case timedOut(blocked: Bool)
    case outputDrained
}

extension ServerConnectionStateMachine: ConnectionMachine {
    static let events: [ServerConnectionEvent] = {
        let either = [false, true]
        let pairs = either.flatMap { one in either.map { (one, $0) } }
        return [
            .headIncomplete, .bodyArrived, .bodyEnded, .requestRefused, .continueWanted, .inputClosed, .loginLost,
            .closed, .outputDrained,
        ]
            + pairs.map { .headParsed(keep: $0, expects: $1) }
            + pairs.map { .responseStarted(closes: $0, switches: $1) }
            + pairs.map { .responseFinished(atEnd: $0, surplus: $1) }
            + pairs.map { .unreadEvent(gone: $0, finished: $1) } + either.map { .timedOut(blocked: $0) }
    }()

    static func words(of event: ServerConnectionEvent) -> Set<String> {
        func words(_ name: String, _ flags: (String, Bool)...) -> Set<String> {
            Set([name] + flags.filter(\.1).map(\.0))
        }
        return switch event {
        case .headIncomplete, .bodyArrived, .bodyEnded, .requestRefused, .continueWanted, .inputClosed, .loginLost,
            .closed, .outputDrained:
            ["\(event)"]
        case .headParsed(let keep, let expects): words("headParsed", ("keep", keep), ("expects", expects))
        case .responseStarted(let closes, let switches):
            words("responseStarted", ("closes", closes), ("switches", switches))
        case .responseFinished(let atEnd, let surplus):
            words("responseFinished", ("atEnd", atEnd), ("surplus", surplus))
        case .unreadEvent(let gone, let finished): words("unreadEvent", ("gone", gone), ("finished", finished))
        case .timedOut(let blocked): words("timedOut", ("blocked", blocked))
        }
    }

    /// The request, the response unless there is none, and the flags that are set.
    var words: Set<String> {
        var words: Set = ["\(request)"]
        if !isUnanswered { words.insert("\(response)") }
        if isOpen { words.insert("open") }
        if closes { words.insert("closes") }
        if awaitsContinue { words.insert("awaits") }
        return words
    }

    mutating func apply(_ event: ServerConnectionEvent) -> String {
        switch event {
        case .headIncomplete: return "\(headIncomplete())"
        case .headParsed(let keep, let expects): return "\(headParsed(keepAlive: keep, expectsContinue: expects))"
        case .bodyArrived:
            bodyArrived()
            return ""
        case .bodyEnded: return "\(bodyEnded())"
        case .requestRefused: return "\(requestRefused())"
        case .continueWanted: return "\(continueWanted())"
        case .responseStarted(let closes, let switches):
            return "\(responseStarted(closes: closes, switchesProtocols: switches))"
        case .responseFinished(let atEnd, let surplus):
            return "\(responseFinished(isBodyAtEnd: atEnd, hasSurplus: surplus))"
        case .inputClosed: return "\(inputClosed())"
        case .loginLost: return "\(loginLost())"
        case .closed: return "\(closed())"
        case .unreadEvent(let gone, let finished): return "\(unreadEvent(isGone: gone, hasFinished: finished))"
        case .timedOut(let blocked): return "\(timedOut(isWriteBlocked: blocked))"
        case .outputDrained: return "\(outputDrained())"
        }
    }
}
