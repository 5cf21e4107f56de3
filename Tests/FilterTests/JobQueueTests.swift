import Formats
import Glibc
import Imaging
import SQLite
import Secrets
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import Filter

/// The queue on a real store, with a clock that the test turns.
@Suite struct JobQueueTests {
    private final class Clock: Sendable {
        let milliseconds = Mutex(1_000_000)
        func advance(_ by: Int) { milliseconds.withLock { $0 += by } }
        var now: Timestamp { Timestamp(milliseconds: milliseconds.withLock { $0 }) }
    }

    private struct Bench {
        let store: FilterStore
        let queue: JobQueue
        let clock: Clock
        let picture: [UInt8]

        init(_ folder: String) throws {
            let clock = Clock()
            store = try FilterStore(path: folder + "/filter.db")
            queue = JobQueue(store: store, now: { clock.now }, jitter: { 0 })
            self.clock = clock
            picture = try ImageCodec.encode(Bitmap(width: 4, height: 4, filledWith: (9, 99, 199, 255)), as: .png)
            try add(picture, named: "i")
        }

        func add(_ bytes: [UInt8], named id: String) throws {
            let row = FilterStore.Picture(
                id: id, userID: "u", sha256: SHA256.hex(bytes), format: "png", width: 4, height: 4, bytes: bytes.count,
                createdAt: "t")
            try store.add(row, bytes: bytes)
        }

        func enqueue(_ id: String, image: String = "i", filter: String = "sepia", of account: String = "u") throws {
            try queue.add(
                FilterStore.Job(
                    id: id, imageID: image, userID: account, filter: filter, parameters: "{}", format: "png",
                    createdAt: "t", updatedAt: "t"))
        }

        func state(_ id: String) throws -> String? { try store.job(id: id)?.state }

        func outcome(_ text: String = "x") -> FilterWork.Outcome {
            FilterWork.Outcome(
                bytes: Array(text.utf8), sha256: SHA256.hex(Array(text.utf8)), format: "png", thumbnail: nil)
        }
    }

    private func withBench(_ body: (Bench) throws -> Void) throws {
        try TemporaryFolder.with { try body(try Bench($0)) }
    }

    @Test func `jobs are taken in the order of their arrival and by one worker each`() throws {
        try withBench { bench in
            try bench.enqueue("1")
            bench.clock.advance(1)
            try bench.enqueue("2")
            #expect(try bench.queue.claim(by: "a")?.id == "1")
            #expect(try bench.queue.claim(by: "b")?.id == "2")
            #expect(try bench.queue.claim(by: "c") == nil)
            #expect(try bench.state("1") == "running")
        }
    }

    @Test func `accounts are served in turn`() throws {
        try withBench { bench in
            for number in 1...4 { try bench.enqueue("a\(number)", of: "alice") }
            bench.clock.advance(1)
            #expect(try bench.queue.claim(by: "w")?.id == "a1")
            try bench.enqueue("b1", of: "bob")
            try bench.enqueue("b2", of: "bob")
            bench.clock.advance(1)
            try bench.enqueue("c1", of: "carol")
            var claimed: [String] = []
            while let job = try bench.queue.claim(by: "w") { claimed.append(job.id) }
            // Who never had a turn comes first, then whose last one is longest ago.
            #expect(claimed == ["b1", "c1", "a2", "b2", "a3", "a4"])
        }
    }

    @Test func `a job that is not due loses its account no turn`() throws {
        try withBench { bench in
            try bench.enqueue("a1", of: "alice")
            try bench.enqueue("b1", of: "bob")
            let first = try #require(try bench.queue.claim(by: "w"))
            #expect(first.id == "a1")
            try bench.queue.fail("a1", by: "w", reason: "x", canRetry: true)
            #expect(try bench.queue.claim(by: "w")?.id == "b1")
            #expect(try bench.queue.claim(by: "w") == nil)
            bench.clock.advance(10_000)
            try bench.enqueue("b2", of: "bob")
            #expect(try bench.queue.claim(by: "w")?.id == "a1")
            #expect(try bench.queue.claim(by: "w")?.id == "b2")
        }
    }

    @Test func `a silent worker's job is run again and its late result is dropped`() throws {
        try withBench { bench in
            try bench.enqueue("1")
            let first = try #require(try bench.queue.claim(by: "a"))
            bench.clock.advance(14_999)
            #expect(try bench.queue.claim(by: "b") == nil)
            #expect(try bench.queue.heartbeat("1", by: "a"))
            bench.clock.advance(15_000)
            #expect(try bench.queue.claim(by: "b") == nil)
            #expect(try bench.state("1") == "queued")
            bench.clock.advance(250)
            let second = try #require(try bench.queue.claim(by: "b"))
            #expect(second.attempts == 2)
            #expect(try bench.queue.heartbeat("1", by: "a") == false)
            #expect(try bench.queue.finish(first, by: "a", bench.outcome("late")) == false)
            #expect(try bench.queue.finish(second, by: "b", bench.outcome("good")))
            #expect(try bench.queue.finish(second, by: "b", bench.outcome("twice")) == false)
            #expect(try bench.store.blob(sha256: bench.outcome("good").sha256) == Array("good".utf8))
            #expect(try bench.store.blob(sha256: bench.outcome("late").sha256) == nil)
            #expect(try bench.store.picture(id: "i")?.result?.jobID == "1")
        }
    }

    @Test func `a dead worker's jobs are freed at once`() throws {
        try withBench { bench in
            try bench.enqueue("1")
            try bench.enqueue("2")
            _ = try bench.queue.claim(by: "a")
            _ = try bench.queue.claim(by: "b")
            try bench.queue.ownerDied("a")
            bench.clock.advance(250)
            #expect(try bench.queue.claim(by: "c")?.id == "1")
            #expect(try bench.queue.claim(by: "c") == nil)
        }
    }

    @Test func `a job that kills its workers is buried with its reason`() throws {
        try withBench { bench in
            try bench.enqueue("1")
            for attempt in 1...5 {
                bench.clock.advance(60_000)
                #expect(try bench.queue.claim(by: "w\(attempt)") != nil)
                try bench.queue.ownerDied("w\(attempt)")
            }
            bench.clock.advance(60_000)
            #expect(try bench.queue.claim(by: "w6") == nil)
            let job = try #require(try bench.store.job(id: "1"))
            #expect(job.state == "failed")
            #expect(job.error == "the worker died")
            let figures = try bench.queue.figures()
            #expect(figures.depth == 0)
            #expect(figures.totals.map(\.count) == [0, 1, 4])
        }
    }

    @Test func `a given back job waits for nothing and counts as no attempt`() throws {
        try withBench { bench in
            try bench.enqueue("1")
            _ = try bench.queue.claim(by: "a")
            try bench.queue.giveBack("1", by: "b")
            #expect(try bench.state("1") == "running")
            try bench.queue.giveBack("1", by: "a")
            #expect(try bench.state("1") == "queued")
            #expect(try bench.queue.claim(by: "b")?.attempts == 1)
        }
    }

    @Test func `a row that came from elsewhere is served but never run`() throws {
        try withBench { bench in
            try bench.store.database.write { tx in
                _ = try tx.execute(
                    """
                    INSERT INTO jobs(id, image_id, user_id, filter, parameters, format, state, created_at, updated_at)
                    VALUES('x', 'i', 'u', 'sepia', '{}', 'png', 'queued', 't', 't')
                    """)
            }
            #expect(try bench.state("x") == "queued")
            #expect(try bench.queue.claim(by: "a") == nil)
        }
    }

    @Test func `a worker finishes what can be done and buries what cannot`() throws {
        try withBench { bench in
            try bench.add(Array(bench.picture.prefix(60)), named: "torn")
            try bench.enqueue("good")
            bench.clock.advance(1)
            try bench.enqueue("torn", image: "torn")
            bench.clock.advance(1)
            try bench.enqueue("strange", filter: "explode")
            bench.clock.advance(1)
            try bench.enqueue("early", image: "not here yet")
            let worker = FilterWorker(store: bench.store, queue: bench.queue, name: "a")
            for _ in 0..<4 { #expect(try worker.workOnce()) }
            #expect(try worker.workOnce() == false)
            #expect(try bench.state("good") == "done")
            #expect(try bench.state("torn") == "failed")
            #expect(try bench.state("strange") == "failed")
            #expect(try bench.state("early") == "queued")
            bench.clock.advance(250)
            try bench.add(bench.picture, named: "not here yet")
            #expect(try worker.workOnce())
            #expect(try bench.state("early") == "done")
        }
    }

    @Test func `a worker that is told to stop ends and leaves the queue alone`() throws {
        try withBench { bench in
            try bench.enqueue("1")
            var stop: [Int32] = [-1, -1]
            var wake: [Int32] = [-1, -1]
            #expect(pipe(&stop) == 0 && pipe(&wake) == 0)
            // Told before it starts: it still settles the job that it claims first, then ends.
            close(stop[1])
            FilterWorker(store: bench.store, queue: bench.queue, name: "a").run(wake: wake[0], stop: stop[0])
            #expect(try bench.state("1") == "done")
            for end in [stop[0], wake[0], wake[1]] { close(end) }
        }
    }
}
