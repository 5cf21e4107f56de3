import Glibc
import HTTP
package import Imaging
import SQLite
import Secrets
package import ServiceKit
import Sessions

/// How the filter service is set up.
package struct FilterConfiguration: Sendable {
    /// Folder of `filter.db`; made when missing.
    package var dataFolder: String
    /// Default: `token.key` beside the data folder, where the monolith keeps it too.
    package var tokenKeyFile: String
    /// `http://HOST:PORT` of the process that owns sessions. Default: none; then the token and the rows that are
    /// here decide.
    package var owner: String?
    /// How many workers. Default: the cores, at most 4.
    package var workers: Int
    /// What is run as a worker process: an executable and its arguments. Default: none, and then no worker is started.
    package var workerCommand: [String]?
    package var limits = ImageLimits()
    /// Where warnings go. Default: nowhere.
    package var log: @Sendable (String) -> Void = { _ in }

    package init(dataFolder: String, tokenKeyFile: String? = nil, owner: String? = nil, workers: Int? = nil) {
        self.dataFolder = dataFolder
        self.tokenKeyFile = tokenKeyFile ?? dataFolder + "/../token.key"
        self.owner = owner
        self.workers = workers ?? min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

/// Pictures, filters and the durable queue, taken out of the monolith.
package final class FilterService: Sendable {
    /// What answers requests.
    package let app: ServiceApp
    private let queue: JobQueue
    private let supervisor: WorkerSupervisor?

    package struct BadOwner: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ configuration: FilterConfiguration) throws {
        try DataFolder.make(configuration.dataFolder)
        let store = try FilterStore(path: configuration.dataFolder + "/filter.db")
        let key = try TokenKey.load(orCreate: configuration.tokenKeyFile)
        let storage = try WorkerPool(name: "storage", threads: 4)
        let owner = try configuration.owner.map { url in
            guard let owner = SessionOwner(url: url, client: try HTTPClient(name: "owner")) else {
                throw BadOwner(description: "--owner \(url): not an address like http://127.0.0.1:9000")
            }
            return owner
        }
        let gate = SessionGate(key: key, storage: storage, owner: owner) { try store.session(id: $0) }
        let imaging = try WorkerPool(
            name: "imaging", threads: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), waiting: 32)
        let reading = try WorkerPool(name: "reading", threads: 2, waiting: 20_000)
        let queue = JobQueue(store: store)
        self.queue = queue
        let supervisor = try configuration.workerCommand.flatMap { command in
            guard let executable = command.first else { return WorkerSupervisor?.none }
            return try WorkerSupervisor(
                executable: executable, arguments: Array(command.dropFirst()), count: configuration.workers,
                queue: queue, log: configuration.log)
        }
        self.supervisor = supervisor
        var app = ServiceApp()
        app.translate = Self.problem
        let log = configuration.log
        app.unexpected = { request, error in log("\(request.method.name) \(request.path): \(error)") }
        ImageRoutes(
            store: store, queue: queue, gate: gate, storage: storage, imaging: imaging, reading: reading,
            limits: configuration.limits
        ) { supervisor?.wake() }.add(to: &app)
        self.app = app
    }

    /// Prometheus text about the queue, as of now; empty when the store cannot be read.
    package func metrics() -> String {
        guard let figures = try? queue.figures() else { return "" }
        let totals = figures.totals.map {
            "pixelpulse_jobs_total{queue=\"filter\",result=\"\($0.result)\"} \($0.count)\n"
        }
        return """
            # HELP pixelpulse_queue_depth Jobs that wait or run.
            # TYPE pixelpulse_queue_depth gauge
            pixelpulse_queue_depth{queue="filter"} \(figures.depth)
            # HELP pixelpulse_queue_oldest_job_age_seconds Time since the oldest unfinished job was queued.
            # TYPE pixelpulse_queue_oldest_job_age_seconds gauge
            pixelpulse_queue_oldest_job_age_seconds{queue="filter"} \(Double(figures.oldestAge) / 1_000)
            # HELP pixelpulse_jobs_total Jobs that ended or were retried, by result, since the store was made.
            # TYPE pixelpulse_jobs_total counter
            \(totals.joined())
            """
    }

    /// Lets the workers finish or give back their jobs.
    package func drain() async { await supervisor?.stop(seconds: 8) }

    /// A store that cannot be written is said to be so: nothing was changed, and the client may come back.
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
