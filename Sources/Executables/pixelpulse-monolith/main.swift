import Arguments
import Monolith
import ServiceKit

let program = ServiceProgram(
    "pixelpulse-monolith", "PixelPulse before anything was taken out of it", port: 9000,
    options: [.value("jobs", "N", "threads that filter pictures (default: the cores, at most 4)")])

let arguments = program.parse()
program.serve(arguments) { data in
    var configuration = MonolithConfiguration(dataFolder: data, tokenKeyFile: arguments["token-key"])
    if let count = program.count("jobs", in: arguments) { configuration.jobThreads = count }
    configuration.log = program.say
    let service = try MonolithService(configuration)
    var hooks = ServiceHooks()
    hooks.metrics = { service.metrics() }
    hooks.onDrained = { await service.drain() }
    return (service.app, hooks)
}
