import HTTP

/// What must be written around a piece of an outgoing body, and whether the body is what was announced. Pure.
struct BodyFrame: Equatable {
    enum Mode: Equatable {
        /// Nothing may be sent: HEAD, 204, 304, no body. What is given is dropped.
        case nothing
        /// So many bytes are still owed.
        case length(UInt64)
        case chunked
        /// Until close, or a tunnel.
        case raw
    }

    var mode: Mode

    init(_ framing: BodyFraming) {
        mode =
            switch framing {
            case .none: .nothing
            case .length(let length): .length(length)
            case .chunked: .chunked
            case .untilClose: .raw
            }
    }

    enum WriteAction: Equatable {
        case drop
        case write
        case writeChunk
        /// More than was announced: the message can no longer be made right.
        case breakOff
    }

    mutating func bodyBytes(_ count: Int) -> WriteAction {
        switch mode {
        case .nothing: return .drop
        case .length(let owed):
            guard UInt64(count) <= owed else { return .breakOff }
            mode = .length(owed - UInt64(count))
            return .write
        case .chunked: return .writeChunk
        case .raw: return .write
        }
    }

    enum FinishAction: Equatable {
        case done
        case writeLastChunk
        /// Less than was announced.
        case breakOff
    }

    func finished() -> FinishAction {
        switch mode {
        case .nothing, .raw, .length(0): .done
        case .length: .breakOff
        case .chunked: .writeLastChunk
        }
    }
}
