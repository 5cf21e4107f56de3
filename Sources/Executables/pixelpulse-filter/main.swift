import Arguments
import EventLoop
import Filter
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-filter", "Pictures, filters and the job queue of PixelPulse, as a service", port: 9002,
    options: [
        SessionOwner.option,
        .value("workers", "N", "worker processes (default: the cores, at most 4)"),
        .flag("worker", "be a worker process; used by the service itself"),
        .value("name", "NAME", "name of the worker process; used by the service itself"),
    ])

let arguments = program.parse()
if arguments.has("worker") {
    guard let data = arguments["data"], let name = arguments["name"] else {
        program.fail("--worker is for the service itself, which names the worker", status: 64)
    }
    SignalSource.block()
    do {
        try FilterWorker.serve(dataFolder: data, name: name, log: program.say)
    } catch {
        program.fail("worker \(name) cannot start: \(error)", status: 1)
    }
} else {
    program.serve(arguments) { data in
        let settings = ServiceSettings(dataFolder: data, arguments, log: program.say)
        var configuration = FilterConfiguration(settings, workers: program.count("workers", in: arguments))
        configuration.workerCommand = ["/proc/self/exe", "--worker", "--data", data]
        let service = try FilterService(configuration)
        var hooks = ServiceHooks()
        hooks.metrics = { service.metrics() }
        hooks.onDrained = { await service.drain() }
        return (service.app, hooks)
    }
}
