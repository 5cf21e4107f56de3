import AdminClient
import Arguments
import ControlKit
import DataSync
import EventLoop
import HTTP
import Migration
import Operations
import ServiceKit
import Telemetry

/// `strangler data sync [GROUP…]`: the agent, until SIGTERM.
enum DataSyncCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let watch = DataFileWatch(invocation)
        let document = try DataFile.document(invocation)
        let once = invocation.inputs.has("once")
        for group in document.groups where DataStatus.read(group).state == .notCreated {
            throw OperationFailure(
                .failed, "no change capture is installed for \"\(group.name)\"",
                fix: "strangler data create \(group.name)")
        }
        let logger = Logger("data-sync")
        let agent = SyncAgent(document, logger: logger, news: watch.news)
        let service = try metrics(invocation, agent)
        if let address = service?.addresses.first { invocation.console.print("metrics on http://\(address)/metrics\n") }
        let told = once ? [] : try reporters(invocation, agent, logger)
        let reports = told.map { reporter in Task { await reporter.run() } }
        defer { for report in reports { report.cancel() } }
        let stopped: [String]
        do {
            stopped = try await withTaskCancellationHandler {
                let count = document.groups.count
                return try await onItsThread {
                    try agent.run(once: once) {
                        if !once { invocation.console.print("syncing \(count) group\(count == 1 ? "" : "s")\n") }
                    }
                }
            } onCancel: {
                agent.stop()
            }
        } catch {
            service?.stop()
            throw DataFile.failure(error)
        }
        // Interrupted, the process is about to end: nobody waits for the last scrape.
        if !Task.isCancelled { service?.stop() }
        let statuses = document.groups.flatMap { DataStatus.readAll($0) }
        guard stopped.isEmpty else {
            var answer = DataStatusCommand.answer(statuses)
            answer.exit = .failure
            return answer
        }
        return once ? DataStatusCommand.answer(statuses) : Answer([], data: ["stopped": .array([])])
    }

    /// One for the router of the configuration, and one for each that is named besides.
    private static func reporters(
        _ invocation: Invocation, _ agent: SyncAgent, _ logger: Logger
    ) throws(OperationFailure) -> [DataReporter] {
        let asked = DataReporter.Agent(groups: { agent.groups }, complete: { agent.complete($0) })
        var all = [DataReporter(invocation, logger: logger, agent: asked)]
        for text in invocation.inputs.all("also-tell") {
            guard let address = AdminAddress(text) else {
                throw OperationFailure(
                    .usage, "\"\(text)\" is not an admin address",
                    fix: "--also-tell unix:run/router.sock or --also-tell http://127.0.0.1:8081")
            }
            all.append(DataReporter(invocation, router: address, logger: logger, agent: asked))
        }
        return all
    }

    /// The agent blocks: on a machine of one core it would hold the only thread that tasks run on, and with it its
    /// reports.
    private static func onItsThread(_ body: @escaping @Sendable () throws -> [String]) async throws -> [String] {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try PlainThread(name: "data-agent") { continuation.resume(with: Result { try body() }) }.detach()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Serves `/metrics`, `/healthz` and `/readyz` beside the agent, when asked to.
    private static func metrics(
        _ invocation: Invocation, _ agent: SyncAgent
    ) throws(OperationFailure) -> RunningService? {
        guard let text = invocation.inputs["metrics"], !text.isEmpty else { return nil }
        guard let address = SocketAddress(text) else {
            throw OperationFailure(.usage, "\"\(text)\" is not HOST:PORT", fix: "--metrics 127.0.0.1:9464")
        }
        var hooks = ServiceHooks()
        hooks.metrics = { agent.metrics() }
        var options = ServiceOptions(name: "data-sync", listen: [address])
        // Nothing else is served there: a proxy before it was put there for the metrics.
        options.metricsBehindProxies = true
        do {
            return try Service.start(options, app: ServiceApp(), hooks: hooks)
        } catch {
            throw OperationFailure(
                .failed, "cannot listen on \(text): \(error)", fix: "choose another --metrics address")
        }
    }
}
