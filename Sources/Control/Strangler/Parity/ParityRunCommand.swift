import Arguments
package import ControlKit
import Glibc
import Parity
import ServiceKit

/// `strangler parity run [ROUTE…]`: drives the scenarios against both sides directly, past the router, and compares.
package enum ParityRunCommand {
    package static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let mode = try runMode(invocation)
        let directory = try SideDirectory(against: invocation.inputs["against"] ?? "legacy,service") {
            () throws(OperationFailure) in try invocation.routesDocument()
        }
        let named = invocation.inputs.all("ROUTE")
        let files = try selected(try load(invocation), named)
        let timeout = try invocation.inputs["timeout"].map { text throws(OperationFailure) in
            try Invocation.duration(text, option: "--timeout")
        }
        let client: HTTPClient
        do {
            client = try HTTPClient(name: "parity")
        } catch {
            throw OperationFailure(.failed, "\(error)")
        }
        defer { client.shutdown() }
        let sides = SideClient(client: client, timeout: timeout ?? .seconds(10))
        let kinship = Kinship(trustsNames: invocation.inputs.has("despite-same"))
        let start = ContinuousClock.now
        let runner = ScenarioRunner(
            mode: mode, runID: runID(), decodeImage: { try Pictures.decode($0) },
            pause: { try? await Task.sleep(for: $0) },
            // Cancelled, every wait is over at once.
            now: { Task.isCancelled ? .seconds(1 << 30) : start.duration(to: .now) },
            locate: { left, right, route in
                var place = ScenarioRunner.Whereabouts(route: directory.route(of: left, named: route))
                if case .success(let mine) = directory.place(of: .legacy, left, route: route),
                    case .success(let theirs) = directory.place(of: .service, right, route: route)
                {
                    place.sameness = kinship.sameness(mine, theirs)
                }
                return place
            },
            ask: { side, request, route in
                switch directory.place(of: side, request, route: route) {
                case .success(let place): await sides.ask(request, at: place)
                case .failure(let nowhere): .unanswered(.failed(nowhere.reason))
                }
            })
        var identities = IdentityMap()
        var outcomes: [ScenarioRunner.ScenarioOutcome] = []
        var leftOut: [ScenarioRunner.LeftOut] = []
        for (path, file) in files {
            let samples = try SampleShelf.load(file.samples, from: FileSystem.directory(of: path))
            invocation.console.progress("parity \(file.context): \(file.scenarios.count) scenarios")
            leftOut += runner.leftOut(of: file)
            outcomes += await runner.run(file, samples: samples, identities: &identities)
        }
        if Task.isCancelled { throw OperationFailure(.interrupted, "interrupted") }
        let evidence = evidence(files.map(\.file), named, directory, outcomes)
        return ParityReport.answer(outcomes, leftOut: leftOut, evidence: evidence, mode: mode)
    }

    /// What must have evidence: the routes that were named, those of the scenario files, and, when nothing is named,
    /// every route with a service.
    private static func evidence(
        _ files: [ScenarioFile], _ named: [String], _ directory: SideDirectory,
        _ outcomes: [ScenarioRunner.ScenarioOutcome]
    ) -> RunEvidence {
        let ofFiles = files.flatMap(\.routes)
        let isNamed = Set(named).intersection(ofFiles)
        // Two addresses: which route a request would take is not known.
        guard !directory.movable.isEmpty else { return RunEvidence([], named: [], outcomes) }
        let others = named.isEmpty ? directory.movable : files.filter { named.contains($0.context) }.flatMap(\.routes)
        return RunEvidence(isNamed.sorted() + others, named: isNamed, outcomes)
    }

    private static func runMode(_ invocation: Invocation) throws(OperationFailure) -> RunMode {
        guard let text = invocation.inputs["mode"] else { return .live }
        guard let mode = RunMode(rawValue: text) else {
            throw OperationFailure(
                .usage, "\"\(text)\" is no mode",
                fix: "live (state is made on the legacy side and reaches the service by data sync) or isolated")
        }
        return mode
    }

    /// Names and captured values of one run never meet those of another.
    private static func runID() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }

    // MARK: Scenario files

    private static func load(_ invocation: Invocation) throws(OperationFailure) -> [(path: String, file: ScenarioFile)]
    {
        let folder = invocation.inputs["scenarios"] ?? FileSystem.resolve("parity", in: invocation.configFolder)
        let names = FileSystem.names(in: folder).filter { $0.hasSuffix(".json") }.sorted()
        if names.isEmpty {
            throw OperationFailure(
                .configuration, "no scenario files in \(folder)", fix: "--scenarios FOLDER; docs/parity.md shows one")
        }
        var files: [(path: String, file: ScenarioFile)] = []
        for name in names {
            let path = FileSystem.resolve(name, in: folder)
            guard let bytes = FileSystem.read(path) else {
                throw OperationFailure(.configuration, "cannot read \(path)")
            }
            let file = try ParityDocuments.read { () throws(DocumentProblems) in
                try ScenarioFile(document: bytes, file: path)
            }
            files.append((path, file))
        }
        return files
    }

    /// Files whose context or one of whose routes is named; all when nothing is.
    static func selected(
        _ files: [(path: String, file: ScenarioFile)], _ names: [String]
    ) throws(OperationFailure) -> [(path: String, file: ScenarioFile)] {
        if names.isEmpty { return files }
        for name in names where !files.contains(where: { $0.file.context == name || $0.file.routes.contains(name) }) {
            let known = files.flatMap { [$0.file.context] + $0.file.routes }
            throw OperationFailure(
                .usage, "no scenario file is for \"\(name)\"",
                fix: "one of: " + Set(known).sorted().joined(separator: ", "))
        }
        return files.filter { entry in
            names.contains { $0 == entry.file.context || entry.file.routes.contains($0) }
        }
    }
}
