import Formats
import Glibc
import HTTP
package import Imaging
import SQLite
import Secrets
package import ServiceKit
import Telemetry

/// How the monolith is set up.
package struct MonolithConfiguration: Sendable {
    /// Folder of `monolith.db`; made when missing.
    package var dataFolder: String
    /// The key that tokens are signed with. Default: `token.key` beside the data folder, so that services whose
    /// folders are siblings find the same one.
    package var tokenKeyFile: String
    /// Threads that filter pictures. Default: the cores, at most 4.
    package var jobThreads: Int
    package var limits = ImageLimits()
    /// Where warnings go. Default: nowhere.
    package var log: @Sendable (String) -> Void = { _ in }
    /// Seconds, for how often passwords are guessed. Default: the time of day; tests give a clock that stands.
    package var loginClock: @Sendable () -> Int = { Timestamp.now().seconds }

    package init(dataFolder: String, tokenKeyFile: String? = nil, jobThreads: Int? = nil) {
        self.dataFolder = dataFolder
        self.tokenKeyFile = tokenKeyFile ?? dataFolder + "/../token.key"
        self.jobThreads = jobThreads ?? min(4, MonolithService.cores)
    }
}

/// PixelPulse as it was before anything was taken out of it: one process, one database, every route.
package final class MonolithService: Sendable {
    /// The handlers of requests.
    package let app: ServiceApp
    private let store: MonolithStore
    private let runner: JobRunner

    static let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Opens the database, reads the key and begins with the jobs that the last process left.
    package init(_ configuration: MonolithConfiguration) throws {
        try DataFolder.make(configuration.dataFolder)
        store = try MonolithStore(path: configuration.dataFolder + "/monolith.db")
        let key = try TokenKey.load(orCreate: configuration.tokenKeyFile)
        let storage = try WorkerPool(name: "storage", threads: 4)
        let hashing = try WorkerPool(name: "hashing", threads: 2 * Self.cores, waiting: 64)
        let imaging = try WorkerPool(name: "imaging", threads: Self.cores, waiting: 32)
        let reading = try WorkerPool(name: "reading", threads: 2, waiting: 20_000)
        let desk = SessionDesk(store: store, key: key, storage: storage)
        runner = try JobRunner(
            store: store, threads: configuration.jobThreads, limits: configuration.limits, log: configuration.log)
        var app = ServiceApp()
        app.translate = Self.problem
        let log = configuration.log
        app.unexpected = { request, error in log("\(request.method.name) \(request.path): \(error)") }
        AuthRoutes(
            store: store, desk: desk, storage: storage, hashing: hashing,
            logins: LoginGate(now: configuration.loginClock)
        ).add(to: &app)
        ProfileRoutes(store: store, desk: desk, storage: storage).add(to: &app)
        ImageRoutes(
            store: store, desk: desk, storage: storage, imaging: imaging, reading: reading, runner: runner,
            limits: configuration.limits
        ).add(to: &app)
        WebRoutes.add(to: &app)
        self.app = app
        try runner.recover()
    }

    /// Prometheus text about the queue, as of now.
    package func metrics() -> String {
        let queue: (count: Int, oldest: String?) = (try? store.queueDepth()) ?? (0, nil)
        let age = queue.oldest.flatMap { Timestamp($0) }.map { Timestamp.now().milliseconds - $0.milliseconds } ?? 0
        let counts = runner.counts.sorted { $0.key < $1.key }
        let totals = counts.map { "pixelpulse_jobs_total{queue=\"monolith\",result=\"\($0.key)\"} \($0.value)\n" }
        return """
            # HELP pixelpulse_queue_depth Jobs that wait or run.
            # TYPE pixelpulse_queue_depth gauge
            pixelpulse_queue_depth{queue="monolith"} \(queue.count)
            # HELP pixelpulse_queue_oldest_job_age_seconds Time since the oldest unfinished job was queued.
            # TYPE pixelpulse_queue_oldest_job_age_seconds gauge
            pixelpulse_queue_oldest_job_age_seconds{queue="monolith"} \(Double(max(0, age)) / 1_000)
            # HELP pixelpulse_jobs_total Jobs that ended, by result.
            # TYPE pixelpulse_jobs_total counter
            \(totals.joined())
            """
    }

    /// Finishes the jobs that run; the rest stays queued for the next start.
    package func drain() async { await runner.drain(seconds: 8) }

    /// When the store cannot be written, the response says so: nothing was changed, and the client may try again.
    private static func problem(_ error: any Error) -> Problem? {
        guard let error = error as? SQLiteError else { return nil }
        if error.isFull {
            return Problem(
                .insufficientStorage, code: "storage_full", title: "There is no room to store this",
                detail: "nothing was changed")
        }
        if error.isStorageFailure || error.isBusy { return .busy("the store cannot be reached; nothing was changed") }
        return nil
    }
}
