import Glibc
package import Imaging
package import ServiceKit
package import Sessions

/// How the filter service is set up.
package struct FilterConfiguration: Sendable {
    package var settings: ServiceSettings
    /// How many workers. Default: the cores, at most 4.
    package var workers: Int
    /// What is run as a worker process: an executable and its arguments. Default: none, and then no worker is started.
    package var workerCommand: [String]?
    package var limits = ImageLimits()
    package init(_ settings: ServiceSettings, workers: Int? = nil) {
        self.settings = settings
        self.workers = workers ?? min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

/// Pictures, filters and the durable queue, taken out of the monolith. Its database is `filter.db`.
package final class FilterService: Sendable {
    /// What answers requests.
    package let app: ServiceApp
    private let queue: JobQueue
    private let supervisor: WorkerSupervisor?

    package init(_ configuration: FilterConfiguration) throws {
        let settings = configuration.settings
        try DataFolder.make(settings.dataFolder)
        let store = try FilterStore(path: settings.dataFolder + "/filter.db")
        let storage = try WorkerPool(name: "storage", threads: 4)
        let gate = try SessionGate(settings, storage: storage) { try store.session(id: $0) }
        let imaging = try WorkerPool(
            name: "imaging", threads: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), waiting: 32)
        let reading = try WorkerPool(name: "reading", threads: 2, waiting: 20_000)
        let queue = JobQueue(store: store)
        self.queue = queue
        let supervisor = try configuration.workerCommand.flatMap { command in
            guard let executable = command.first else { return WorkerSupervisor?.none }
            return try WorkerSupervisor(
                executable: executable, arguments: Array(command.dropFirst()), count: configuration.workers,
                queue: queue, log: settings.log)
        }
        self.supervisor = supervisor
        var app = settings.app()
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
}
