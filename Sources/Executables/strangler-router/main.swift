import Arguments
import Glibc
import Router
import Telemetry

private let command = CommandSpec(
    "strangler-router",
    "Splits HTTP traffic between a monolith and its services, as routes.json says.",
    options: [
        .value("config", "FILE", "configuration (default ./routes.json)", environment: "STRANGLER_CONFIG"),
        .value(
            "threads", "N", "event loops, each with its own listeners (default 1)", environment: "STRANGLER_THREADS"),
        .flag("takeover", "take the sockets over from the router that runs with this configuration, which then drains"),
        .flag("check", "say whether the configuration is valid, and end: 0 or 78"),
    ])

private func start() -> Int32 {
    var environment: [String: String] = [:]
    for name in ["STRANGLER_CONFIG", "STRANGLER_THREADS"] {
        if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    switch ArgumentParser(command, environment: environment).parse(Array(CommandLine.arguments.dropFirst())) {
    case .help(let text): return ProgramAnswer.write(text, program: command.name)
    case .version: return ProgramAnswer.write("\(command.name) \(Release.version)\n", program: command.name)
    case .failure(let failure):
        StandardStream.error.write(failure.text + "\n")
        return 64
    case .run(let parsed):
        guard let threads = Int(parsed["threads"] ?? "1"), (1...256).contains(threads) else {
            StandardStream.error.write("strangler-router: --threads takes a number from 1 to 256\n")
            return 64
        }
        return RouterProcess.run(
            RouterOptions(
                configuration: parsed["config"] ?? "routes.json", threads: threads, checksOnly: parsed.has("check"),
                takesOver: parsed.has("takeover")))
    }
}

// From a function, not from the top level: what runs there belongs to the main actor.
exit(start())
