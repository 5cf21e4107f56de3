import Formats
import Imaging
import ServiceKit
import Synchronization
import Telemetry

/// Works the queue off in this process, on threads of its own: accounts in turn, the oldest job of each first.
///
/// The queue in the store is the truth: whatever happens to the process, an entry that is still there is run (again)
/// by the next one.
final class JobRunner: Sendable {
    private let store: MonolithStore
    private let pool: WorkerPool
    private let limits: ImageLimits
    private let log: @Sendable (String) -> Void
    private let stopping = Atomic(false)
    private let running = Atomic(0)
    private let waiting = Mutex(FairQueue<Work>())
    /// Pictures whose thumbnails wait or are being made.
    private let wanted = Mutex<Set<String>>([])
    private let totals = Mutex<[String: Int]>(["done": 0, "failed": 0])
    /// A job is begun at most so often; a kill counts, so that a job which kills its process does not do so for ever.
    private static let attempts = 5
    /// No more thumbnails than these are noted down; a client that wants another one asks again.
    private static let thumbnails = 1_000

    private enum Work: Sendable {
        case job(String, account: String)
        /// The thumbnail of the picture with this digest.
        case thumbnail(String)
    }

    init(store: MonolithStore, threads: Int, limits: ImageLimits, log: @escaping @Sendable (String) -> Void) throws {
        self.store = store
        self.limits = limits
        self.log = log
        pool = try WorkerPool(name: "jobs", threads: threads, waiting: .max)
    }

    /// Takes over what the last process left.
    func recover() throws {
        for job in try store.recoverQueue(at: Timestamp.now().description) { submit(job.id, of: job.userID) }
    }

    /// For a job that is in the store already.
    func submit(_ id: String, of account: String) { submit(Work.job(id, account: account), of: account) }

    /// Makes the small copy of a picture that is in the store, in the account's turn.
    func wantThumbnail(of sha256: String, account: String) {
        let isNew = wanted.withLock { $0.count < Self.thumbnails && $0.insert(sha256).inserted }
        if isNew { submit(.thumbnail(sha256), of: account) }
    }

    /// One run of a thread is queued for each waiting item; which item it takes is decided when the thread is free.
    private func submit(_ work: Work, of account: String) {
        waiting.withLock { $0.append(work, of: account) }
        Task { try? await pool.run { self.workNext() } }
    }

    /// Begins nothing new and waits until what was begun is finished, at most `seconds`. The rest stays queued.
    func drain(seconds: Int) async {
        stopping.store(true, ordering: .releasing)
        for _ in 0..<seconds * 50 where running.load(ordering: .acquiring) > 0 {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Finished jobs by result, since the start.
    var counts: [String: Int] { totals.withLock { $0 } }

    private func workNext() {
        guard !stopping.load(ordering: .acquiring) else { return }
        running.add(1, ordering: .acquiringAndReleasing)
        defer { running.subtract(1, ordering: .acquiringAndReleasing) }
        switch waiting.withLock({ $0.next() }) {
        case .job(let id, let account): work(id, of: account)
        case .thumbnail(let sha256): makeThumbnail(of: sha256)
        case nil: break
        }
    }

    private func makeThumbnail(of sha256: String) {
        defer { wanted.withLock { _ = $0.remove(sha256) } }
        do {
            guard let bytes = try store.blob(sha256: sha256) else { return }
            let thumbnail: ThumbnailRecord?
            do throws(ImageError) {
                let (bitmap, header) = try ImageCodec.decode(bytes, limits: limits)
                thumbnail = try FilterJob.thumbnail(of: bitmap, header)
            } catch {
                if case .outOfMemory = error { return }
                thumbnail = nil
            }
            try store.keepThumbnail(thumbnail, of: sha256)
        } catch {
            // A client that wants the thumbnail asks again.
            log("thumbnail of \(sha256): \(error)")
        }
    }

    private func work(_ id: String, of account: String) {
        do {
            guard let job = try store.begin(job: id, at: Timestamp.now().description) else { return }
            try attempt(job)
        } catch {
            // The store refused (a full disk, a broken one): the entry is still queued. It is tried again at growing
            // intervals.
            log("job \(id): \(error)")
            retryLater(id, of: account)
        }
    }

    private func attempt(_ job: JobRecord) throws {
        let now = { Timestamp.now().description }
        guard job.attempts <= Self.attempts else {
            return try fail(job, "given up after \(Self.attempts) attempts", at: now())
        }
        guard let image = try store.image(id: job.imageID), let bytes = try store.blob(sha256: image.sha256) else {
            return try fail(job, "the picture is gone", at: now())
        }
        let values = FilterSelection.values(fromJSON: job.parameters)
        guard let filter = PixelFilter(name: job.filter, parameters: values) else {
            return try fail(job, "there is no filter \"\(job.filter)\"", at: now())
        }
        do throws(ImageError) {
            let format = ImageFormat(rawValue: job.format) ?? .png
            let outcome = try FilterJob.run(on: bytes, filter: filter, format: format, limits: limits)
            finish(job, outcome, at: now())
        } catch {
            if case .outOfMemory = error { return retryLater(job.id, of: job.userID) }
            try fail(job, error.description, at: now())
        }
    }

    private func finish(_ job: JobRecord, _ outcome: FilterJob.Outcome, at time: String) {
        do {
            try store.finish(job, outcome, at: time)
            totals.withLock { $0["done", default: 0] += 1 }
        } catch {
            log("job \(job.id): the result could not be stored: \(error)")
            retryLater(job.id, of: job.userID)
        }
    }

    private func fail(_ job: JobRecord, _ reason: String, at time: String) throws {
        try store.fail(job: job.id, reason: reason, at: time)
        totals.withLock { $0["failed", default: 0] += 1 }
    }

    private func retryLater(_ id: String, of account: String) {
        Task {
            try? await Task.sleep(for: .seconds(2))
            if !stopping.load(ordering: .acquiring) { submit(id, of: account) }
        }
    }
}
