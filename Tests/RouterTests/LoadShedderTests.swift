import Routing
import Testing

@testable import Router

struct LoadGaugeTests {
    @Test(arguments: [
        (0, LoadLevel.calm), (69, .calm), (70, .raised), (79, .raised), (80, .high), (89, .high), (90, .severe),
        (99, .severe), (100, .full), (1_000_000, .full),
    ])
    func `a level begins at its share of the limit`(figure: Int, level: LoadLevel) {
        var gauge = LoadGauge(limit: 100, marks: .resource)
        #expect(gauge.read(figure) == level)
    }

    @Test func `a level is left a twentieth of the limit below where it began`() {
        var gauge = LoadGauge(limit: 100, marks: .resource)
        let readings: [(Int, LoadLevel)] = [
            (80, .high), (79, .high), (75, .high), (74, .raised), (79, .raised), (80, .high), (76, .high),
            (65, .raised),
            (66, .raised), (64, .calm), (69, .calm), (100, .full), (95, .full), (94, .severe), (0, .calm),
        ]
        for (figure, level) in readings { #expect(gauge.read(figure) == level, "\(figure)") }
    }

    @Test(arguments: [1, 2, 3, 10, 19, 5_000, Int.max])
    func `an idle router is calm and a full one is full, whatever the limit`(limit: Int) {
        var gauge = LoadGauge(limit: limit, marks: .resource)
        #expect(gauge.read(0) == .calm)
        #expect(gauge.read(limit) == .full)
        #expect(gauge.read(0) == .calm)
    }

    @Test func `without a limit nothing is ever too much`() {
        var gauge = LoadGauge(limit: 0, marks: .queue)
        #expect(gauge.read(.max - 1) == .calm)
    }

    @Test func `a figure that swings around a mark changes the level once`() {
        var gauge = LoadGauge(limit: 1000, marks: .resource)
        var changes = 0
        var last = gauge.read(0)
        for step in 0..<1000 {
            let next = gauge.read(800 + (step % 2 == 0 ? 10 : -10))
            if next != last { changes += 1 }
            last = next
        }
        #expect(changes == 1)
    }
}

struct LoadShedderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var priority = Route.Priority.normal
        var inFlight: Int64 = 0
        var held = 0
        var queue = LoadLevel.calm
        var mayMove = false
        let expected: LoadShedder.Verdict
    }

    @Test(arguments: [
        Case(testDescription: "nothing to do", expected: .serve),
        Case(testDescription: "sheddable below its mark", priority: .sheddable, inFlight: 79, expected: .serve),
        Case(
            testDescription: "sheddable goes first", priority: .sheddable, inFlight: 80, expected: .refuse(.inFlight)),
        Case(testDescription: "then normal: not yet", inFlight: 89, expected: .serve),
        Case(testDescription: "then normal", inFlight: 90, expected: .refuse(.inFlight)),
        Case(testDescription: "critical stays", priority: .critical, inFlight: 99, expected: .serve),
        Case(
            testDescription: "until nothing fits", priority: .critical, inFlight: 100, expected: .refuse(.inFlight)),
        Case(testDescription: "memory counts alike", held: 900, expected: .refuse(.memory)),
        Case(testDescription: "memory, critical", priority: .critical, held: 900, expected: .serve),
        Case(testDescription: "a queue moves reads", queue: .raised, mayMove: true, expected: .serveByLegacy),
        Case(testDescription: "and leaves what may not move", queue: .raised, expected: .serve),
        Case(
            testDescription: "a long queue still moves before it refuses", priority: .sheddable, queue: .full,
            mayMove: true, expected: .serveByLegacy),
        Case(
            testDescription: "a long queue refuses sheddable", priority: .sheddable, queue: .high,
            expected: .refuse(.upstreamQueue)),
        Case(testDescription: "not normal yet", queue: .high, expected: .serve),
        Case(testDescription: "a longer one normal", queue: .severe, expected: .refuse(.upstreamQueue)),
        Case(testDescription: "critical waits its turn", priority: .critical, queue: .severe, expected: .serve),
        Case(
            testDescription: "moving does not help a loop that is full", inFlight: 90, queue: .raised, mayMove: true,
            expected: .refuse(.inFlight)),
    ])
    func `load is shed in the order of priority`(_ example: Case) {
        var shedder = LoadShedder(inFlight: 100, held: 1000)
        let verdict = shedder.decide(
            example.priority, inFlight: example.inFlight, heldBytes: example.held, queue: example.queue,
            mayMove: example.mayMove)
        #expect(verdict == example.expected)
    }

    @Test(arguments: [
        (Int64(69), 0, false, true), (70, 0, false, false), (0, 699, false, true), (0, 700, false, false),
        (0, 0, true, false),
    ])
    func `copies go before anything else`(inFlight: Int64, held: Int, usersWait: Bool, allowed: Bool) {
        var shedder = LoadShedder(inFlight: 100, held: 1000)
        #expect(shedder.allowsCopy(inFlight: inFlight, heldBytes: held, usersWait: usersWait) == allowed)
    }
}

struct WaitingLineTests {
    private final class Waiter {
        let name: String
        init(_ name: String) { self.name = name }
    }

    @Test func `the most important waits least, then the oldest`() {
        var line = WaitingLine<Waiter>()
        let names = ["s1", "n1", "c1", "n2", "c2", "s2"]
        for name in names { line.append(Waiter(name), Self.priority(name)) }
        #expect(line.count == 6)
        var order: [String] = []
        while let next = line.next() { order.append(next.name) }
        #expect(order == ["c1", "c2", "n1", "n2", "s1", "s2"])
        #expect(line.count == 0)
    }

    @Test func `whoever gives up is passed over and no longer counted`() {
        var line = WaitingLine<Waiter>()
        let waiters = (0..<3000).map { Waiter("n\($0)") }
        for waiter in waiters { line.append(waiter, .normal) }
        for waiter in waiters where waiter !== waiters[2999] { _ = line.withdraw(waiter, .normal) }
        _ = line.withdraw(waiters[0], .normal)
        #expect(line.count == 1)
        #expect(line.next() === waiters[2999])
        #expect(line.next() == nil)
    }

    private static func priority(_ name: String) -> Route.Priority {
        name.hasPrefix("c") ? .critical : name.hasPrefix("n") ? .normal : .sheddable
    }
}
