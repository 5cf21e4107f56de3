import HTTP
import Testing

/// What a connection to an upstream does about every event in every state.
@Suite struct ClientConnectionStateMachineTests {
    typealias Machine = ClientConnectionStateMachine

    /// `asks`: for another protocol. `keeps`: another exchange may follow. `bytes`: of a response have come. `reused`:
    /// not the first exchange.
    private static let table = """
        reused                       | idle                 | true             | = busy reused
        reused                       | *                    | false            |
        pooled                       | busy body keeps      |                  | -busy +idle
        pooled                       | *                    |                  |
        closed                       | *                    |                  | -busy -idle +closed
        input                        | busy                 | serve            |
        input                        | idle                 | discard          |
        input                        | *                    | ignore           |
        requestStarted               | !busy                | false            |
        requestStarted               | sending              | false            |
        requestStarted               | complete             | false            |
        requestStarted asks          | *                    | true             | +sending +asks
        requestStarted               | *                    | true             | +sending
        requestEnded                 | !busy                | ignore           |
        requestEnded                 | !sending             | ignore           |
        requestEnded                 | body                 | proceed          | -sending +complete
        requestEnded                 | tunnel               | endSending       | -sending +complete
        requestEnded                 | *                    | awaitResponse    | -sending +complete
        outputDrained                | !busy                | proceed          |
        outputDrained                | !complete            | proceed          |
        outputDrained                | body                 | proceed          |
        outputDrained                | tunnel               | endSending       |
        outputDrained                | *                    | awaitResponse    |
        bytesArrived                 | busy                 |                  | +bytes
        bytesArrived                 | *                    |                  |
        interimParsed                | !busy                | ignore           |
        interimParsed                | body                 | ignore           |
        interimParsed                | tunnel               | ignore           |
        interimParsed                | full                 | refuseInterim    |
        interimParsed                | *                    | deliverInterim   |
        upgradeParsed                | !busy                | ignore           |
        upgradeParsed                | body                 | ignore           |
        upgradeParsed                | tunnel               | ignore           |
        upgradeParsed webSocket      | asks                 | switchProtocols  | -complete +sending +tunnel
        upgradeParsed                | *                    | refuseUpgrade    |
        headParsed                   | !busy                | ignore           |
        headParsed                   | body                 | ignore           |
        headParsed                   | tunnel               | ignore           |
        headParsed keep !unsent      | complete             | deliver          | +body +keeps
        headParsed                   | *                    | deliver          | +body
        responseEnded                | !busy                | ignore           |
        responseEnded !surplus !last !paused | body keeps   | offer            |
        responseEnded                | body                 | close            |
        responseEnded                | tunnel               | close            |
        responseEnded                | *                    | ignore           |
        inputClosed                  | !busy                | ignore           |
        inputClosed endsBody         | body                 | endResponse      | -keeps
        inputClosed                  | body                 | fail             | -keeps
        inputClosed                  | tunnel               | endResponse      |
        inputClosed                  | *                    | fail             |
        timedOut                     | idle                 | endWaiting       |
        timedOut                     | closed               | ignore           |
        timedOut paused              | *                    | ignore           |
        timedOut blocked             | *                    | failIdle         |
        timedOut                     | bytes                | failIdle         |
        timedOut                     | *                    | failUnanswered   |
        """

    @Test func `every event in every state does what the table says`() throws {
        Machine.expect(try ConnectionTable(Self.table))
    }

    @Test func `a failure says how far the exchange had come`() {
        for machine in Machine.reachable() {
            let words = machine.words
            #expect(machine.isBusy == words.contains("busy"))
            #expect(machine.isIdle == words.contains("idle"))
            #expect(machine.isHeadDelivered == (words.contains("body") || words.contains("tunnel")))
            #expect(machine.isTunnel == words.contains("tunnel"))
            #expect(machine.readsBody == words.contains("body"))
        }
    }

    @Test func `only a connection that can carry another request waits for one`() {
        for machine in Machine.reachable() where machine.isIdle {
            #expect(machine.words.isSuperset(of: ["complete", "body", "keeps"]), "\(machine.words)")
        }
    }
}
