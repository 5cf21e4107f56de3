import Arguments
import Monolith
import ServiceKit

let program = ServiceProgram(
    "pixelpulse-monolith", "PixelPulse before anything was taken out of it", listen: "127.0.0.1:9000",
    options: [.value("jobs", "N", "threads that filter pictures (default: the cores, at most 4)")])

program.run { commandLine in
    var configuration = MonolithConfiguration(
        dataFolder: try commandLine.dataFolder, tokenKeyFile: commandLine["token-key"])
    if let threads = try commandLine.number("jobs", in: 1...64) { configuration.jobThreads = threads }
    configuration.log = commandLine.log
    let service = try MonolithService(configuration)
    var served = ServedApp(service.app)
    served.metrics = { service.metrics() }
    served.drain = { await service.drain() }
    return served
}
