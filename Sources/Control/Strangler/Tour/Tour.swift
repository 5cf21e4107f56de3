import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Estate
import EventLoop
import Load
import Operations
import ServiceKit

/// The guided migration: every step is a command a user could type, on traffic that never stops.
struct Tour: Sendable {
    private let estate: DemoEstate
    private let generator: LoadGenerator
    private let environment: CommandEnvironment
    private let narrator: TourNarrator
    private let route = "profile"

    init(_ estate: DemoEstate, _ generator: LoadGenerator, _ invocation: Invocation) {
        self.estate = estate
        self.generator = generator
        var environment = invocation.environment
        environment.variables["STRANGLER_CONFIG"] = estate.layout.routes
        environment.variables["STRANGLER_ADMIN"] = nil
        environment.variables["STRANGLER_OUTPUT"] = nil
        self.environment = environment
        narrator = TourNarrator(invocation.console)
    }

    /// All steps. Throws when one of them does not do what it should.
    func run() async throws {
        narrator.step(1, "Where we stand", "Everything is on the monolith; the services run beside it, unused.")
        try await command(["status"])

        narrator.step(
            2, "Mirror", "The service gets a copy of every read. Nobody waits for it, its answers are thrown away.")
        try await command(["mirror", route, "100", "--reason", "try the service on real traffic"])
        try await mirrored()

        narrator.step(3, "Parity", "The same requests to both sides directly: do they answer alike?")
        try await command(["parity", "run", route])

        narrator.step(
            4, "Shift", "Users move in steps; each stays on its side. The traffic tells when a step was taken.")
        for percent in [1.0, 10, 50, 100] {
            try await command(["shift", route, Decimal.short(percent)], isBrief: true)
            try await observe(percent)
        }

        narrator.step(
            5, "A bad deployment",
            "The profile service now answers with one wrong value. It is fast, and every answer is a 200.")
        let isWrong = try await WrongService(estate).insert { try await command($0, isBrief: true) }

        narrator.step(6, "Parity again", "No metric shows it. Comparing answers does.")
        if isWrong {
            try await command(["parity", "run", route], expecting: [.failure])
        }

        narrator.step(7, "Rollback", "One command, and it needs nothing but the router.")
        try await command(["rollback", route, "--reason", "parity: a wrong value"])
        try await observe(0)

        narrator.step(8, "Where we end", "Legacy serves everybody again; the ledger knows who did what, when and why.")
        try await command(["status"])
        try await command(["history"])
    }

    /// A user who stays gets a demo that goes on with a right service.
    func mend() async throws {
        narrator.step(9, "Mended", "The bad deployment is replaced; from here on it is yours.")
        try await WrongService(estate).mend { try await command($0, isBrief: true) }
    }

    // MARK: Commands

    /// Types a command and shows what it answered.
    @discardableResult
    private func command(
        _ words: [String], isBrief: Bool = false, expecting: Set<ExitCode> = [.done]
    ) async throws -> ExitCode {
        narrator.command(words)
        let heard = Transcript()
        var own = environment
        own.console = Console(
            outStyle: environment.console.outStyle, errorStyle: environment.console.errorStyle,
            outlet: Outlet { heard.append($0) }, error: { heard.append($0) })
        // The first paragraph tells what happened; what to do next is the tour's own business.
        own.showsNextSteps = false
        let exit = await StranglerProgram(environment: own).run(words)
        try Task.checkCancellation()
        let text = heard.text
        let brief = text.split(separator: "\n").prefix(2).joined(separator: "\n")
        narrator.output(isBrief && expecting.contains(exit) ? brief : text)
        guard expecting.contains(exit) else {
            throw OperationFailure(
                .failed,
                "strangler \(words.joined(separator: " ")) ended with \(exit.rawValue), which the tour did not expect")
        }
        return exit
    }

    // MARK: Watching

    /// Waits until the traffic itself shows the share that was asked for.
    private func observe(_ percent: Double) async throws {
        let begun = ContinuousClock.now
        let before = generator.total.share(of: route)
        let sample = percent == 1 ? 220 : 120
        let deadline = begun + .seconds(20)
        while true {
            try await Task.sleep(for: .milliseconds(20))
            if let (part, ending) = estate.fallen().first {
                throw OperationFailure(.failed, "\(part.name) ended by itself (\(ending)); its log: \(part.log)")
            }
            let now = generator.total.share(of: route)
            let (service, all) = (now.service - before.service, now.all - before.all)
            if all >= sample, Self.isNear(service, of: all, percent) {
                let share = Double(service) * 100 / Double(all)
                narrator.fact(
                    "seen in the traffic: \(service) of \(all) answers from the service (\(Decimal.fixed(share, places: 1))%)"
                )
                return
            }
            guard ContinuousClock.now < deadline else {
                throw OperationFailure(
                    .failed,
                    "after 20 s the traffic shows \(service) of \(all) answers from the service, "
                        + "not \(Decimal.percent(percent))")
            }
        }
    }

    /// Whether a count fits a share: within four standard deviations, which the requests that were under way when the
    /// share changed blur a little.
    static func isNear(_ service: Int, of all: Int, _ percent: Double) -> Bool {
        let share = percent / 100
        let expected = Double(all) * share
        let deviation = (Double(all) * share * (1 - share)).squareRoot()
        return abs(Double(service) - expected) <= 4 * deviation + max(3, Double(all) * 0.02)
    }

    /// Waits until copies were answered.
    private func mirrored() async throws {
        let address = AdminAddress.unix(estate.layout.socket)
        let admin = AdminClient(address: address, exchange: environment.connect(address, nil, .seconds(5)))
        let deadline = ContinuousClock.now + .seconds(15)
        while ContinuousClock.now < deadline {
            let mirror = try await admin.status().route(route)?.mirror
            if let mirror, mirror.answered >= 100 {
                narrator.fact("seen: \(mirror.answered) copies answered, \(mirror.failed) failed, and no user waited")
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw OperationFailure(.failed, "after 15 s fewer than 100 copies were answered")
    }
}
