import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Responses of the router's own: refusals, problems, and what is asked of the router itself.
extension Exchange {
    /// The request is not sent anywhere. Without a body it is answered at its end, so that the connection stays.
    func refuse(_ response: ExchangeStateMachine.OwnResponse) {
        carryOut(machine.refuse(response), response)
    }

    /// Ends the exchange with a problem of ours, or breaks off a response that has begun.
    /// - Parameter isCounted: It was counted as a failed attempt already.
    func giveUp(_ failure: Failure, isCounted: Bool = false) {
        carryOut(machine.giveUp(failure), .failure(failure), isCounted: isCounted)
    }

    func carryOut(
        _ ending: ExchangeStateMachine.Ending, _ response: ExchangeStateMachine.OwnResponse, isCounted: Bool = false
    ) {
        letGo(of: ending.held)
        guard let client else { return }
        switch (ending.step, response) {
        case (.nothing, _), (.putOff, _): break
        case (.abort, .options): abortResponse(on: client)
        case (.abort, .failure(let failure)):
            count(failure, isCounted: isCounted)
            abortResponse(on: client)
        case (.respond, .options): sendOptions(client)
        case (.respond, .failure(let failure)):
            count(failure, isCounted: isCounted)
            sendProblem(failure, client)
        }
    }

    private func count(_ failure: Failure, isCounted: Bool) {
        if let route, let limit = RouteLimit(failure) { route.state.count(limit, now: nowMilliseconds) }
        if !isCounted, failure.status >= 500 { serving?.group.refusals.count(failure, violation) }
    }

    /// The request is not one that may be passed on: answered at once, and the connection ends.
    func violated(_ violation: HTTPViolation, line: Int) {
        worker.countLimit(of: .malformed(violation, line: line))
        let ending = machine.violate(violation.status.rawValue)
        letGo(of: ending.held)
        guard let client else { return }
        worker.noteRefused(client, violation, line: line)
        self.violation = violation
        violationLine = UInt16(clamping: line)
        switch ending.step {
        case .nothing, .putOff: break
        case .abort: abortResponse(on: client)
        case .respond: sendProblem(ViolationProblem(violation, line: line, identity: identity), client)
        }
    }

    private func sendProblem(_ problem: ViolationProblem, _ client: any ClientStream) {
        var head = beginHead(problem.status, on: client)
        problem.appendFields(to: &head)
        sendHead(head, body: .length(UInt64(problem.body.count)), forceClose: true, on: client)
        if method != .head { problem.body.withUnsafeBytes { sendBody($0, on: client) } }
        finishResponse(on: client)
    }

    /// Sends a problem document (RFC 9457).
    private func sendProblem(_ failure: Failure, _ client: any ClientStream) {
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { memory in
            let body = writeProblem(failure, to: memory)
            var head = beginHead(HTTPStatus(failure.status), on: client)
            head.append(ProblemWriter.contentTypeLine)
            head.append("cache-control: no-store\r\n")
            worker.appendDate(to: &head)
            if failure.retryAfterSeconds > 0 {
                head.append("retry-after: ")
                head.append(decimal: UInt64(failure.retryAfterSeconds))
                head.append("\r\n")
            }
            appendOwnFields(&head, withCookie: true)
            if writer.isWrite { tellWrite(&head, mayBeStored: false) }
            sendHead(head, body: .length(UInt64(body.count)), on: client)
            if method != .head { sendBody(body, on: client) }
        }
        finishResponse(on: client)
    }

    /// Says what may be asked, to a client that asked no further than us (RFC 9110 9.3.7).
    private func sendOptions(_ client: any ClientStream) {
        var head = beginHead(.ok, on: client)
        head.append(ProblemWriter.allowLine)
        worker.appendDate(to: &head)
        appendOwnFields(&head, withCookie: false)
        sendHead(head, body: .length(0), on: client)
        finishResponse(on: client)
    }

    /// - Parameter memory: of at least 1,024 bytes, which is room enough.
    private func writeProblem(_ failure: Failure, to memory: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        var problem = ProblemWriter(memory, status: HTTPStatus(failure.status), title: failure.title)
        let violation = failure == .malformedResponse ? self.violation : nil
        problem.member("detail") { text in
            text.append(failure.detail)
            if let violation { writeSentence(violation, to: &text) }
        }
        if let violation {
            writeMembers(violation, to: &problem)
        } else {
            problem.member("reason", failure.reason)
            if let setting = failure.setting { problem.member("setting", setting) }
        }
        problem.member("origin", "router")
        problem.member("request_id") { text in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                guard let base = digits.baseAddress else { return }
                identity.write(to: base)
                text.append(UnsafeRawBufferPointer(digits))
            }
        }
        return problem.finishLine()
    }
}

/// Of a response that was refused: which line of it broke which rule, and the setting that would let it pass. None of
/// this quotes a message.
extension Exchange {
    private func writeSentence(_ violation: HTTPViolation, to text: inout HeadWriter) {
        text.append(" ")
        text.append(violation.clause)
        if violationLine > 0 {
            text.append(", line ")
            text.append(decimal: UInt64(violationLine))
        }
        text.append(": ")
        text.append(violation.reason)
        text.append(".")
        if isTolerable(violation) {
            text.append(" The upstream's setting tolerance: legacy accepts it.")
        } else if let setting = violation.responseKey {
            text.append(" The setting ")
            text.append(setting)
            text.append(" decides.")
        }
    }

    private func writeMembers(_ violation: HTTPViolation, to problem: inout ProblemWriter) {
        problem.member("reason") { $0.append(text: violation.label) }
        problem.member("rule", violation.clause)
        if violationLine > 0 { problem.member("line", UInt64(violationLine)) }
        if let setting = isTolerable(violation) ? "tolerance" : violation.responseKey {
            problem.member("setting", setting)
        }
    }

    private func isTolerable(_ violation: HTTPViolation) -> Bool {
        violation.isToleratedInResponses && serving?.group.configuration.tolerance == .strict
    }
}
