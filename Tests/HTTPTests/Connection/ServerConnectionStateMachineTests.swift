import HTTP
import TestSupport
import Testing

/// What a client's connection does about every event in every state.
@Suite struct ServerConnectionStateMachineTests {
    typealias Machine = ServerConnectionStateMachine

    /// `open`: an exchange that must be told its end. `closes`: no request may follow. `awaits`: for 100 Continue.
    private static let table = """
        headIncomplete                 | idle                 | true                 | -idle +head
        headIncomplete                 | *                    | false                |
        headParsed keep expects        | idle                 | true                 | -idle +body +open +awaits
        headParsed keep expects        | head                 | true                 | -head +body +open +awaits
        headParsed keep                | idle                 | true                 | -idle +body +open
        headParsed keep                | head                 | true                 | -head +body +open
        headParsed expects             | idle                 | true                 | -idle +body +open +closes +awaits
        headParsed expects             | head                 | true                 | -head +body +open +closes +awaits
        headParsed                     | idle                 | true                 | -idle +body +open +closes
        headParsed                     | head                 | true                 | -head +body +open +closes
        headParsed                     | *                    | false                |
        bodyArrived                    | *                    |                      | -awaits
        bodyEnded                      | body                 | true                 | -body +complete -awaits
        bodyEnded                      | *                    | false                |
        requestRefused                 | idle                 | answerWithoutRequest | = discarding closes
        requestRefused                 | head                 | answerWithoutRequest | = discarding closes
        requestRefused                 | body !begun          | answer               | = discarding open closes
        requestRefused                 | body begun           | breakOff             | = discarding begun open closes
        requestRefused                 | *                    | ignore               |
        continueWanted                 | awaits !begun        | true                 | -awaits
        continueWanted                 | *                    | false                |
        responseStarted                | closed               | drop                 |
        responseStarted                | begun                | breakOff             |
        responseStarted                | ended                | breakOff             |
        responseStarted                | idle                 | drop                 |
        responseStarted                | head                 | drop                 |
        responseStarted switches       | body                 | sendAndTunnel        | = tunnel begun open closes
        responseStarted switches       | complete             | sendAndTunnel        | = tunnel begun open closes
        responseStarted switches       | discarding           | breakOff             |
        responseStarted closes         | *                    | send                 | +begun +closes
        responseStarted                | *                    | send                 | +begun
        responseFinished               | !begun               | ignore               |
        responseFinished               | complete !closes     | next                 | = idle
        responseFinished !surplus      | complete closes      | closeWhenSent        | = discarding ended closes
        responseFinished !surplus      | tunnelEnded          | closeWhenSent        | = discarding ended closes
        responseFinished atEnd         | body !closes         | next                 | = idle
        responseFinished atEnd !surplus | body closes         | closeWhenSent        | = discarding ended closes
        responseFinished               | *                    | linger               | = discarding ended closes
        inputClosed                    | idle                 | leave                |
        inputClosed                    | head                 | leave                |
        inputClosed                    | body                 | lose                 |
        inputClosed                    | complete             | lose                 |
        inputClosed                    | tunnel               | tellEnd              | -tunnel +tunnelEnded
        inputClosed                    | discarding           | close                |
        inputClosed                    | *                    | ignore               |
        loginLost                      | idle                 | close                | +closes
        loginLost                      | *                    | ignore               | +closes
        closed                         | open                 | true                 | = closed ended closes
        closed                         | *                    | false                | = closed ended closes
        unreadEvent                    | closed               | ignore               |
        unreadEvent gone               | *                    | lose                 |
        unreadEvent finished           | complete             | lose                 |
        unreadEvent                    | *                    | ignore               |
        timedOut                       | closed               | watch                |
        timedOut blocked               | *                    | lose                 |
        timedOut                       | idle                 | leave                |
        timedOut                       | head                 | refuseHead           |
        timedOut                       | body                 | judgeBody            |
        timedOut                       | discarding           | close                |
        timedOut                       | *                    | watch                |
        outputDrained                  | open                 | tellWritable         |
        outputDrained                  | discarding ended     | linger               |
        outputDrained                  | *                    | readOn               |
        """

    @Test func `every event in every state does what the table says`() throws {
        Machine.expect(try ConnectionTable(Self.table))
    }

    /// What is read, what the deadline is for, what may be sent: views of the state that the connection asks for.
    private static let views = """
        idle                  | head, waits for request    | between requests
        head                  | head, waits for head       |
        body begun            | body, waits for body       | responds
        body                  | body, waits for body       | informs
        complete begun closes | hold, waits for none       | responds, is the last
        complete begun        | hold, waits for none       | responds
        complete closes       | hold, waits for none       | informs, is the last
        complete              | hold, waits for none       | informs
        tunnel                | body, waits for none       | responds
        tunnelEnded           | hold, waits for none       | responds
        discarding begun      | discard, waits for linger  | responds
        discarding ended      | discard, waits for linger  |
        discarding open       | discard, waits for linger  | informs
        discarding            | discard, waits for linger  |
        closed                | discard, waits for none    |
        """

    @Test func `every state says what it reads and what it waits for`() {
        for machine in Machine.reachable() {
            let row = Self.views.split(separator: "\n").map {
                $0.split(separator: "|", omittingEmptySubsequences: false)
            }
            .first { ConnectionTable.Pattern($0[0]).fits(machine.words) }
            guard let row else {
                Issue.record("nothing is said about \(machine.words)")
                continue
            }
            let waits = machine.wait(isWriteBlocked: false, isPaused: false)
            #expect("\(machine.inputUse), waits for \(waits)" == row[1].trimmed, "\(machine.words)")
            let sends = [
                machine.isIdle ? "between requests" : nil, machine.mayInform ? "informs" : nil,
                machine.isResponding ? "responds" : nil, machine.isLastRequestWhole ? "is the last" : nil,
            ]
            #expect(sends.compactMap(\.self).joined(separator: ", ") == row[2].trimmed, "\(machine.words)")
        }
    }

    @Test func `who does not take the last response is not read, and has only so long to take it`() {
        for machine in Machine.reachable() {
            #expect(machine.wait(isWriteBlocked: true, isPaused: true) == .send)
            #expect(machine.wantsInput(isWriteBlocked: false) == (machine.inputUse != .hold))
            #expect(machine.wantsInput(isWriteBlocked: true) == [.body, .discard].contains(machine.inputUse))
            #expect(machine.readsHead == (machine.inputUse == .head))
            #expect(machine.awaitsHead == machine.words.contains("head"))
            // A pause is no wait for the client, and its end is looked for behind the bytes, if any are read.
            if machine.readsBody { #expect(machine.wait(isWriteBlocked: false, isPaused: true) == .none) }
            #expect(machine.wantsPeerFinished(isPaused: true) == machine.words.contains("complete"))
            #expect(machine.wantsPeerFinished(isPaused: false) == !machine.words.contains("tunnelEnded"))
        }
    }

    @Test func `a request that follows is promised only when the one in service is read whole`() {
        for machine in Machine.reachable() {
            let words = machine.words
            let isRead = words.contains("complete") && !words.contains("closes")
            #expect(machine.mayKeepAlive(isBodyAtEnd: false) == isRead)
            let isAtEnd = words.contains("body") && !words.contains("closes")
            #expect(machine.mayKeepAlive(isBodyAtEnd: true) == (isRead || isAtEnd))
        }
    }
}

extension Substring {
    fileprivate var trimmed: String { split(separator: " ").joined(separator: " ") }
}
