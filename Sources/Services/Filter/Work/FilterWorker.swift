import CLinux
import EventLoop
import Formats
import Glibc
package import Imaging
import ServiceKit
import Synchronization
import Telemetry

/// Works the queue off, one job at a time, in whatever process or thread it is run on.
///
/// The calling thread keeps watch — renews the lease, hears that it should stop — while a second one computes. Told to
/// stop, it finishes the job in hand or, when that takes too long, gives it back.
package final class FilterWorker: Sendable {
    private let store: FilterStore
    private let queue: JobQueue
    private let name: String
    private let limits: ImageLimits
    private let log: @Sendable (String) -> Void
    /// How long a stopping worker goes on with the job in hand, in milliseconds; below the service's own deadline.
    private static let grace: Int32 = 6_000
    /// How long an idle worker sleeps when nobody wakes it: retries and leases become due by themselves.
    private static let idle: Int32 = 250

    package init(
        store: FilterStore, queue: JobQueue, name: String, limits: ImageLimits = ImageLimits(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.store = store
        self.queue = queue
        self.name = name
        self.limits = limits
        self.log = log
    }

    /// A worker process: standard input wakes it, SIGTERM and SIGINT (blocked by the caller) stop it.
    package static func serve(
        dataFolder: String, name: String, log: @escaping @Sendable (String) -> Void
    ) throws {
        // Pictures come and go here; without this a worker keeps what its largest one took.
        linux_return_memory_from(256 << 10)
        let store = try FilterStore(path: dataFolder + "/filter.db", checked: false)
        let signals = [SIGTERM, SIGINT]
        let stop = linux_signalfd(signals, Int32(signals.count))
        FilterWorker(store: store, queue: JobQueue(store: store), name: name, log: log).run(wake: 0, stop: stop)
    }

    /// Runs until `wake` reaches its end or `stop` becomes readable.
    ///
    /// - Parameters:
    ///   - wake: a pipe; each byte says that there may be work, its end that the service is gone.
    ///   - stop: a signalfd or a pipe.
    package func run(wake: Int32, stop: Int32) {
        while true {
            do {
                // A thumbnail for every job, so that neither waits for all of the other.
                let hasMade = try makeThumbnail()
                let job = try queue.claim(by: name)
                if let job { guard work(job, wake: wake, stop: stop) else { return } }
                if hasMade || job != nil {
                    if wait(on: wake, stop, milliseconds: 0) == .stop { return }
                    continue
                }
            } catch {
                log("worker \(name): \(error)")
            }
            if wait(on: wake, stop, milliseconds: Self.idle) == .stop { return }
        }
    }

    /// Claims and finishes one job on this thread, without watching anything; false when none is due.
    package func workOnce() throws -> Bool {
        guard let job = try queue.claim(by: name) else { return false }
        try settle(job, compute(job))
        return true
    }

    /// Makes one thumbnail that was asked for, on this thread: it takes as long as one picture is decoded. False when
    /// none is due.
    package func makeThumbnail() throws -> Bool {
        guard let sha256 = try store.claimThumbnail(now: Timestamp.now().milliseconds) else { return false }
        guard let bytes = try store.blob(sha256: sha256) else { return true }
        let thumbnail: FilterStore.Small?
        do throws(ImageError) {
            let (bitmap, header) = try ImageCodec.decode(bytes, limits: limits)
            thumbnail = try FilterWork.thumbnail(of: bitmap, header)
        } catch {
            if case .outOfMemory = error { return true }
            thumbnail = nil
        }
        try store.keepThumbnail(thumbnail, of: sha256)
        return true
    }

    // MARK: One job

    private typealias Computed = Result<FilterWork.Outcome, FilterWork.Failure>

    /// False when the worker must end.
    private func work(_ job: FilterStore.Job, wake: Int32, stop: Int32) -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return giveBack(job) }
        let (finished, finishing) = (ends[0], ends[1])
        defer { close(finished) }
        do {
            let shared = Shared()
            let thread = try PlainThread(name: "filter") { [self] in
                let computed = compute(job)
                shared.result.withLock { $0 = computed }
                close(finishing)
            }
            return watch(job, thread, shared, finished, wake, stop)
        } catch {
            close(finishing)
            return giveBack(job)
        }
    }

    /// A box for what the computing thread leaves; a mutex cannot be captured by itself.
    private final class Shared: Sendable {
        let result = Mutex<Computed?>(nil)
    }

    private func watch(
        _ job: FilterStore.Job, _ thread: PlainThread, _ shared: Shared, _ finished: Int32, _ wake: Int32, _ stop: Int32
    ) -> Bool {
        var stopping = false
        while true {
            let patience = stopping ? Self.grace : Int32(clamping: queue.lease / 3)
            switch wait(on: stopping ? -1 : wake, stopping ? -1 : stop, finished, milliseconds: patience) {
            case .finished:
                thread.join()
                if let computed = shared.result.withLock({ $0 }) {
                    do { try settle(job, computed) } catch { log("worker \(name): job \(job.id): \(error)") }
                }
                return !stopping
            case .stop:
                stopping = true
                _ = try? queue.heartbeat(job.id, by: name)
            case .time:
                // The computing thread cannot be interrupted: the process ends under it, with the job given back.
                if stopping { return giveBack(job) }
                if let held = try? queue.heartbeat(job.id, by: name), !held {
                    log("worker \(name): lost its lease on job \(job.id)")
                }
            case .work: break
            }
        }
    }

    private func compute(_ job: FilterStore.Job) -> Computed {
        do {
            guard let picture = try store.picture(id: job.imageID), let bytes = try store.blob(sha256: picture.sha256)
            else { return .failure(.passing("the picture's bytes are not here (yet)")) }
            do throws(FilterWork.Failure) {
                return .success(try FilterWork.run(job, on: bytes, limits: limits))
            } catch {
                return .failure(error)
            }
        } catch {
            return .failure(.passing("\(error)"))
        }
    }

    private func settle(_ job: FilterStore.Job, _ computed: Computed) throws {
        switch computed {
        case .success(let outcome): _ = try queue.finish(job, by: name, outcome)
        case .failure(.hopeless(let reason)): try queue.fail(job.id, by: name, reason: reason, canRetry: false)
        case .failure(.passing(let reason)): try queue.fail(job.id, by: name, reason: reason, canRetry: true)
        }
    }

    private func giveBack(_ job: FilterStore.Job) -> Bool {
        do { try queue.giveBack(job.id, by: name) } catch { log("worker \(name): job \(job.id): \(error)") }
        return false
    }

    // MARK: Waiting

    private enum Event { case work, stop, finished, time }

    private func wait(on wake: Int32, _ stop: Int32, _ finished: Int32 = -1, milliseconds: Int32) -> Event {
        var entries = [wake, stop, finished].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = poll(&entries, 3, milliseconds)
        if count < 0 { return .work }
        if entries[2].revents != 0 { return .finished }
        if entries[1].revents != 0 { return .stop }
        guard entries[0].revents != 0 else { return .time }
        // Bytes are emptied at once: many wake-ups are one. The end means that the service is gone.
        var buffer = [UInt8](repeating: 0, count: 256)
        return read(wake, &buffer, buffer.count) > 0 ? .work : .stop
    }
}
