import Arguments
import Filter
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-filter", "Pictures, filters and the job queue of PixelPulse, as a service", listen: "127.0.0.1:9002",
    options: [
        SessionOwner.option,
        .value("workers", "N", "worker processes (default: the cores, at most 4)"),
        .flag("worker", "be a worker process; used by the service itself"),
        .value("name", "NAME", "name of the worker process; used by the service itself"),
    ])

/// Works the queue off until the service that started this process says so.
func work(_ commandLine: ServiceCommandLine) throws {
    guard let data = commandLine["data"], let name = commandLine["name"] else {
        throw ServiceFailure.usage("--worker is for the service itself, which names the worker")
    }
    do {
        try FilterWorker.serve(dataFolder: data, name: name, log: commandLine.log)
    } catch {
        throw ServiceFailure(line: "worker \(name) cannot start: \(error)", status: 1)
    }
}

program.run { commandLine in
    if commandLine.has("worker") {
        try work(commandLine)
        return nil
    }
    let settings = try ServiceSettings(commandLine)
    var configuration = FilterConfiguration(settings, workers: try commandLine.number("workers", in: 1...64))
    configuration.workerCommand = ["/proc/self/exe", "--worker", "--data", settings.dataFolder]
    let service = try FilterService(configuration)
    var served = ServedApp(service.app)
    served.metrics = { service.metrics() }
    served.drain = { await service.drain() }
    return served
}
