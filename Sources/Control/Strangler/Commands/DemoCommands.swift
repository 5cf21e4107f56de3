import Arguments
import ControlKit
import Estate
import Glibc

/// `strangler demo up|down|tour|load|kill`: the sample estate, to learn on.
enum DemoCommands {
    static let demo = Command(
        "demo", "The sample estate: PixelPulse behind a router", commands: [up, down, tour, load, kill])

    private static let up = Command(
        CommandSpec(
            "up", "Start everything and stay until Ctrl-C",
            discussion:
                "State stands under run/demo beside the routes file and is thrown away with the next start.\n"
                + "A part that ends by itself is started again: after 0.1 s, and up to 5 s when it ends again."),
        run: { invocation in
            let estate = try DemoEstate(invocation)
            defer { estate.stop() }
            try await estate.start()
            return try await stay(estate, invocation)
        })

    /// Prints where everything is and waits for Ctrl-C; a part that falls is started again.
    static func stay(_ estate: DemoEstate, _ invocation: Invocation) async throws -> Answer {
        let console = invocation.console
        console.print(estate.addresses.lines(console.outStyle).joined(separator: "\n") + "\n")
        console.progress("")
        let folder = ProgramFinder.folderOffPath(invocation.environment)
        let advice =
            (folder.map { ["export PATH=\"\($0):$PATH\""] } ?? [])
            + ["export STRANGLER_CONFIG=\(FileSystem.absolute(estate.layout.routes))", "strangler status"]
        for (line, text) in advice.enumerated() {
            console.progress((line == 0 ? "in another terminal:  " : "                      ") + text)
        }
        console.progress("Ctrl-C ends the demo")
        try await DemoKeeper(estate, console).run()
        throw CancellationError()
    }

    private static let down = Command(
        CommandSpec("down", "Stop a demo, or what a crashed one left behind"),
        run: { invocation in
            let layout = DemoLayout.of(invocation)
            if let holder = DemoHold.holder(layout.lock) {
                // The demo stops its parts itself, in its order.
                let identity = ProcessIdentity(pid: holder, started: 0)
                identity.signal(SIGTERM)
                let deadline = ContinuousClock.now + .seconds(30)
                while DemoHold.holder(layout.lock) != nil, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let left = DemoLeftovers.stop(layout, invocation.console)
            return Answer(
                [.sentence(left.isEmpty ? "No demo runs." : "Stopped \(left.joined(separator: ", ")).", .good)],
                data: ["stopped": .array(left.map { .string($0) })])
        })

    private static let tour = Command(
        CommandSpec(
            "tour", "A guided migration on real traffic, half a minute",
            options: [
                .flag("once", "end with the tour, and with its exit status", environment: "ONCE"),
                .value("rate", "N", "background requests in a second (default 120)"),
            ]),
        run: TourCommand.run)

    private static let load = Command(
        CommandSpec(
            "load", "Open-model traffic against a demo that is up",
            options: [
                .value("rate", "N", "requests in a second (default 120)"),
                .value("for", "TIME", "how long (default until Ctrl-C)"),
                .value("arrivals", "KIND", "poisson or fixed (default poisson)", choices: ["poisson", "fixed"]),
                .value("seed", "N", "the same seed gives the same traffic (default 1)"),
            ]),
        run: LoadCommand.run)

    private static let kill = Command(
        CommandSpec(
            "kill", "End a part of a demo that is up, as a crash would; it is started again",
            discussion: "For drills: what do users see while a part is away? Answers when the part serves again.",
            positionals: [.init("NAME", "monolith, auth, filter, profile, data-sync or router")],
            options: [
                .value(
                    "signal", "NAME", "KILL (default), TERM, STOP: it hangs, or CONT: it goes on",
                    choices: KillCommand.signalNames),
                .flag("dry-run", "say what would happen, change nothing"),
            ],
            examples: ["strangler demo kill profile", "strangler demo kill filter --signal STOP"]),
        run: KillCommand.run)
}
