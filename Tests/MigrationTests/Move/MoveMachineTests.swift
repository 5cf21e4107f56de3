import Testing

@testable import Migration

/// Every pair of a state and an event, as a table; a pair that it does not name changes nothing.
@Suite struct MoveMachineTests {
    typealias State = MoveMachine.State
    typealias Event = MoveMachine.Event
    typealias Action = MoveMachine.Action

    private static let positioned: [State] = [
        .notingFence(position: 5), .draining(position: 5), .comparing(position: 5), .holdingReads(position: 5),
        .granting(position: 5),
    ]
    private static let states: [State] =
        [.ready, .notingIntent, .holdingWrites, .fencing] + positioned
        + [.askingForGrant, .holdingAgain, .publishing, .releasing, .following, .notingDone]
        + MoveHindrance.allCases.flatMap { [State.unfencing($0), .releasingBack($0), .notingAbort($0)] }
        + [.ended(.moved), .ended(.aborted(.different)), .ended(.unfinished(.forward)), .ended(.unfinished(nil))]
    private static let events: [Event] = [
        .begin, .noted, .held, .requestsRemained, .holdLost, .fenced(position: 5), .positionReached, .deadlinePassed,
        .compared(isEqual: true), .compared(isEqual: false), .granted, .foundNotGranted, .published, .released,
        .followed, .unfenced, .failed,
    ]

    private static func back(_ why: MoveHindrance) -> (State, Action) { (.unfencing(why), .unfence) }

    /// What an event leads to in a state, the first time; nil: it says nothing to it.
    private static func expected(_ state: State, _ event: Event) -> (State, Action)? {
        switch state {
        case .ready: event == .begin ? (.notingIntent, .note(.intent)) : nil
        case .notingIntent:
            switch event {
            case .noted: (.holdingWrites, .hold(.writes))
            case .failed: (.ended(.aborted(.journalFailed)), .end(.aborted(.journalFailed)))
            default: nil
            }
        case .holdingWrites:
            switch event {
            case .held: (.fencing, .fence)
            case .requestsRemained: (.releasingBack(.requestsRemained), .release)
            case .failed: (.releasingBack(.routersFailed), .release)
            default: nil
            }
        case .fencing:
            switch event {
            case .fenced: (.notingFence(position: 5), .note(.fenced(position: 5)))
            case .holdLost: back(.holdLost)
            case .failed: back(.storeFailed)
            default: nil
            }
        case .notingFence:
            switch event {
            case .noted: (.draining(position: 5), .awaitPosition(5))
            case .failed: back(.journalFailed)
            default: nil
            }
        case .draining:
            switch event {
            case .positionReached: (.comparing(position: 5), .compare)
            case .deadlinePassed: back(.notDrained)
            case .failed: back(.storeFailed)
            default: nil
            }
        case .comparing:
            switch event {
            case .compared(isEqual: true): (.holdingReads(position: 5), .hold(.all))
            case .compared(isEqual: false): back(.different)
            case .failed: back(.storeFailed)
            default: nil
            }
        case .holdingReads:
            switch event {
            case .held: (.granting(position: 5), .grant(position: 5))
            case .requestsRemained: back(.requestsRemained)
            case .failed: back(.routersFailed)
            default: nil
            }
        case .granting:
            switch event {
            case .granted: (.publishing, .publish)
            case .holdLost: back(.holdLost)
            case .failed: (.askingForGrant, .askForGrant)
            default: nil
            }
        case .askingForGrant:
            switch event {
            case .granted: (.publishing, .publish)
            case .foundNotGranted: back(.storeFailed)
            case .failed: (.askingForGrant, .askForGrant)
            default: nil
            }
        case .holdingAgain:
            switch event {
            case .begin: (.holdingAgain, .hold(.all))
            case .held: (.publishing, .publish)
            case .requestsRemained, .failed: (.holdingAgain, .hold(.all))
            default: nil
            }
        case .publishing:
            switch event {
            case .published: (.releasing, .release)
            case .holdLost: (.holdingAgain, .hold(.all))
            case .failed: (.publishing, .publish)
            default: nil
            }
        case .releasing: event == .released || event == .failed ? (.following, .follow) : nil
        case .following:
            switch event {
            case .followed: (.notingDone, .note(.done))
            case .failed: (.following, .follow)
            default: nil
            }
        case .notingDone: event == .noted || event == .failed ? (.ended(.moved), .end(.moved)) : nil
        case .unfencing(let why):
            switch event {
            case .begin, .failed: (state, .unfence)
            case .unfenced: (.releasingBack(why), .release)
            default: nil
            }
        case .releasingBack(let why):
            event == .released || event == .failed ? (.notingAbort(why), .note(.aborted)) : nil
        case .notingAbort(let why):
            event == .noted || event == .failed ? (.ended(.aborted(why)), .end(.aborted(why))) : nil
        case .ended: nil
        }
    }

    @Test(arguments: states)
    func `every event does in every state what the table says`(state: State) {
        for event in Self.events {
            var machine = MoveMachine(in: state)
            let action = machine.handle(event)
            let (next, wanted) = Self.expected(state, event) ?? (state, .nothing)
            #expect(action == wanted, "\(state), \(event)")
            #expect(machine.state == next, "\(state), \(event)")
        }
    }

    @Test func `a move without trouble takes the steps in their order`() {
        var machine = MoveMachine()
        let way: [(Event, Action)] = [
            (.begin, .note(.intent)), (.noted, .hold(.writes)), (.held, .fence),
            (.fenced(position: 9), .note(.fenced(position: 9))), (.noted, .awaitPosition(9)),
            (.positionReached, .compare), (.compared(isEqual: true), .hold(.all)), (.held, .grant(position: 9)),
            (.granted, .publish), (.published, .release), (.released, .follow), (.followed, .note(.done)),
            (.noted, .end(.moved)),
        ]
        for (event, action) in way { #expect(machine.handle(event) == action) }
    }

    /// What must succeed in the end is tried five times, and then left to the next coordinator.
    @Test(
        arguments: [
            (.askingForGrant, [.failed], .unfinished(nil)), (.holdingAgain, [.failed], .unfinished(.forward)),
            (.publishing, [.failed], .unfinished(.forward)), (.following, [.failed], .unfinished(.forward)),
            (.unfencing(.different), [.failed], .unfinished(.back)),
            (.publishing, [.holdLost, .held], .unfinished(.forward)),
        ] as [(State, [Event], MoveOutcome)])
    func `attempts are counted`(state: State, events: [Event], outcome: MoveOutcome) {
        var machine = MoveMachine(in: state)
        var actions: [Action] = []
        for _ in 0..<MoveMachine.mostAttempts { for event in events { actions.append(machine.handle(event)) } }
        #expect(machine.state == .ended(outcome))
        #expect(actions.count { $0 == .end(outcome) } == 1)
    }

    /// Nothing that happens after the grant leads back, and nothing before it leads on.
    @Test func `no way leads back from the grant`() {
        var seen: [State] = [.publishing]
        var place = 0
        while place < seen.count {
            for event in Self.events {
                var machine = MoveMachine(in: seen[place])
                let action = machine.handle(event)
                #expect(action != .unfence)
                if !seen.contains(machine.state) { seen.append(machine.state) }
            }
            place += 1
        }
    }

    @Test(arguments: [
        (MoveDebt.forward, MoveMachine.Action.hold(.all)), (.back, .unfence),
    ])
    func `what another coordinator left is gone on with`(debt: MoveDebt, action: Action) {
        var machine = MoveMachine(resuming: debt)
        #expect(machine.handle(.begin) == action)
    }
}

extension MoveMachine {
    /// In any state, as a test wants it.
    fileprivate init(in state: State) {
        self.init()
        self.state = state
    }
}
