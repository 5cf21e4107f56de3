import Testing

@testable import EventLoop

/// The wheel through a loop whose clock stands still until it is moved.
@Suite struct WheelTests {
    final class Probe: Timed {
        var fired: [Moment] = []
        override func deadlineReached() { fired.append(loop.now) }
    }

    static func manualLoop() throws -> Loop {
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        return loop
    }

    @Test(arguments: [1, 4, 5, 100, 1_000, 1_073, 1_074, 1_100, 5_000, 75_000, 270_000, 300_000, 1_000_000])
    func `a deadline fires once, not early, and at most one tick late`(milliseconds: Int) throws {
        let loop = try Self.manualLoop()
        let probe = Probe(loop: loop)
        let start = loop.now
        probe.setDeadline(start + Moment.Span(.milliseconds(milliseconds)))
        var steps = 0
        while probe.fired.isEmpty, steps < 400_000 {
            loop.advance(by: .milliseconds(3))
            steps += 1
        }
        let after = try #require(probe.fired.first).since(start)
        #expect(after >= Moment.Span(.milliseconds(milliseconds)))
        #expect(after <= Moment.Span(.milliseconds(milliseconds + 9)))
        loop.advance(by: .seconds(2_000))
        #expect(probe.fired.count == 1)
    }

    @Test(arguments: [1, 50, 300, 2_000, 80_000, 900_000])
    func `one long jump fires everything that is due`(milliseconds: Int) throws {
        let loop = try Self.manualLoop()
        let probes = (1...20).map { _ in Probe(loop: loop) }
        for (index, probe) in probes.enumerated() {
            probe.setDeadline(loop.now + Moment.Span(.milliseconds(milliseconds * (index + 1) / 20)))
        }
        loop.advance(by: .milliseconds(milliseconds + 9))
        #expect(probes.allSatisfy { $0.fired.count == 1 })
        #expect(loop.wheel.count == 0)
    }

    @Test func `a deadline moved later fires at the later time only`() throws {
        let loop = try Self.manualLoop()
        let probe = Probe(loop: loop)
        let start = loop.now
        probe.setDeadline(start + .milliseconds(20))
        for _ in 0..<50 {
            loop.advance(by: .milliseconds(10))
            probe.setDeadline(loop.now + .milliseconds(20))
        }
        #expect(probe.fired.isEmpty)
        loop.advance(by: .milliseconds(30))
        #expect(probe.fired.count == 1)
    }

    @Test func `a deadline moved earlier fires at the earlier time`() throws {
        let loop = try Self.manualLoop()
        let probe = Probe(loop: loop)
        probe.setDeadline(loop.now + .seconds(75))
        probe.setDeadline(loop.now + .milliseconds(100))
        loop.advance(by: .milliseconds(99))
        #expect(probe.fired.isEmpty)
        loop.advance(by: .milliseconds(10))
        #expect(probe.fired.count == 1)
    }

    @Test func `a cleared deadline never fires, a forgotten one is let go at once`() throws {
        let loop = try Self.manualLoop()
        let cleared = Probe(loop: loop)
        cleared.setDeadline(loop.now + .milliseconds(50))
        cleared.clearDeadline()
        weak var released: Probe?
        do {
            let forgotten = Probe(loop: loop)
            released = forgotten
            forgotten.setDeadline(loop.now + .seconds(50))
            forgotten.forgetDeadline()
        }
        #expect(released == nil)
        loop.advance(by: .seconds(100))
        #expect(cleared.fired.isEmpty)
        #expect(loop.wheel.count == 0)
    }

    @Test func `random deadlines and moves agree with a plain list`() throws {
        let loop = try Self.manualLoop()
        var random = SystemRandomNumberGenerator()
        let probes = (0..<200).map { _ in Probe(loop: loop) }
        var expected: [Int: Moment] = [:]
        for _ in 0..<3_000 {
            let index = Int.random(in: 0..<200, using: &random)
            let deadline = loop.now + .milliseconds(UInt64.random(in: 0...4_000, using: &random))
            probes[index].setDeadline(deadline)
            expected[index] = deadline
            loop.advance(by: .milliseconds(Int.random(in: 0...20, using: &random)))
            for (index, deadline) in expected {
                if let fired = probes[index].fired.popLast() {
                    #expect(fired >= deadline)
                    expected[index] = nil
                } else {
                    #expect(loop.now.since(deadline) <= .milliseconds(5))
                }
            }
        }
    }
}
