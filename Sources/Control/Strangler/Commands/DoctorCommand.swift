import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Estate
import Formats
import Glibc
import Operations
import Routing

/// `strangler doctor`: each thing that must be right, whether it is, and how to mend it.
enum DoctorCommand {
    struct Check: Equatable, Sendable {
        enum Result: String, Sendable { case ok, warning, failed }

        var name: String
        var result: Result
        var detail: String
        var fix: String?
    }

    static func run(_ invocation: Invocation) async throws -> Answer {
        var checks = [dependencies(invocation)]
        let bytes = FileSystem.read(invocation.configPath)
        checks.append(configuration(invocation, bytes))
        if let bytes { checks += transparency(bytes, file: invocation.configPath) }
        checks += files(invocation)
        if !invocation.inputs.has("offline") {
            // Also with a bad file: the router lives without it.
            let (status, check, noneRuns) = try await router(invocation)
            checks.append(check)
            if let status {
                checks.append(standing(StatusJudgement(StatusFacts.read(status, try invocation.operation()))))
                checks.append(persistence(status))
                checks += limits(LimitHit.all(status))
            }
            let sketch = bytes.flatMap { RoutesSketch($0) }
            // Whose the ports are is known of a router that answers, and where none runs.
            if let sketch, status != nil || noneRuns { checks += ports(sketch, isServing: status != nil) }
            checks += status.map(upstreams(of:)) ?? sketch.map(upstreams(of:)) ?? []
        }
        return render(checks)
    }

    static func render(_ checks: [Check]) -> Answer {
        let failed = checks.filter { $0.result == .failed }
        let warnings = checks.filter { $0.result == .warning }
        var table = Table([.text("CHECK"), .text("RESULT"), .text("DETAIL")])
        for check in checks {
            let tone: Tone =
                switch check.result {
                case .ok: .good
                case .warning: .warning
                case .failed: .bad
                }
            table.rows.append([.init(check.name, .strong), .init(check.result.rawValue, tone), .init(check.detail)])
        }
        let sentence: String
        if !failed.isEmpty {
            sentence = "\(failed.count) of \(checks.count) checks failed."
        } else if !warnings.isEmpty {
            sentence = "Everything needed is there; \(warnings.count) of \(checks.count) checks want a look."
        } else {
            sentence = "All \(checks.count) checks are fine."
        }
        let fixes = checks.compactMap { check in check.fix.map { "  \(check.name): \($0)" } }
        return Answer(
            exit: failed.isEmpty ? .done : .failure,
            [.sentence(sentence, failed.isEmpty ? .good : .bad), .table(table)]
                + (fixes.isEmpty ? [] : [.lines(["how to mend it:"] + fixes)]),
            data: [
                "checks": .array(
                    checks.map {
                        [
                            "name": .string($0.name), "result": .string($0.result.rawValue),
                            "detail": .string($0.detail), "fix": .optional($0.fix),
                        ]
                    })
            ])
    }

    private static func dependencies(_ invocation: Invocation) -> Check {
        if let router = ProgramFinder.path(of: "strangler-router", invocation.environment) {
            return Check(name: "programs", result: .ok, detail: router)
        }
        return Check(
            name: "programs", result: .warning, detail: "strangler-router is neither beside strangler nor in PATH",
            fix: "swift build -c release --product strangler-router")
    }

    private static func configuration(_ invocation: Invocation, _ bytes: [UInt8]?) -> Check {
        let path = invocation.configPath
        guard let bytes else {
            return Check(
                name: "configuration", result: .failed, detail: "cannot read \(path)",
                fix: "strangler init, or name it: --config FILE")
        }
        do throws(OperationFailure) {
            let warnings = try RoutesCheck.check(bytes, file: path)
            let count = RoutesSketch(bytes)?.routes.count ?? 0
            return Check(
                name: "configuration", result: warnings.isEmpty ? .ok : .warning,
                detail: warnings.first ?? "\(path), \(count) routes",
                fix: warnings.isEmpty ? nil : "strangler validate \(path)")
        } catch {
            return Check(
                name: "configuration", result: .failed,
                detail: error.diagnostics.first?.split(separator: "\n").first.map(String.init) ?? error.message,
                fix: "strangler validate \(path) shows every error with its place")
        }
    }

    /// What users get otherwise than from the monolith alone: said before anybody meets it.
    private static func transparency(_ bytes: [UInt8], file: String) -> [Check] {
        guard let document = try? RoutesCheck.document(bytes, file: file, guards: .told) else { return [] }
        let narrow = document.routes.filter { route in
            route.service == nil && (route.timeouts.response < .seconds(60) || route.bodyLimit < 64 << 20)
        }
        guard let route = narrow.first else {
            return [
                Check(
                    name: "users", result: .ok, detail: "strangler validate lists what they get otherwise than before")
            ]
        }
        let (size, time) = (SizeText.text(route.bodyLimit), DurationText.text(route.timeouts.response))
        let more = narrow.count > 1 ? " (and \(narrow.count - 1) more)" : ""
        return [
            Check(
                name: "users", result: .ok,
                detail:
                    "route \(route.id)\(more) has no service, and ends bodies above \(size) (limits.body) and answers that begin after \(time) (timeouts.response); strangler validate lists the rest"
            )
        ]
    }

    private static func files(_ invocation: Invocation) -> [Check] {
        let folder = invocation.configFolder
        var checks: [Check] = []
        if access(folder, W_OK) == 0 {
            checks.append(Check(name: "folder", result: .ok, detail: "\(FileSystem.absolute(folder)) can be written"))
        } else {
            checks.append(
                Check(
                    name: "folder", result: .failed,
                    detail: "\(folder) cannot be written: the file is replaced by rename",
                    fix: "chown or chmod the folder, or run as its owner"))
        }
        var status = statvfs()
        if statvfs(folder, &status) == 0 {
            let free = UInt64(status.f_bavail) * UInt64(status.f_frsize) / (1 << 20)
            checks.append(
                Check(
                    name: "disk", result: free < 20 ? .failed : free < 200 ? .warning : .ok,
                    detail: "\(Decimal.grouped(Int(clamping: free))) MiB free",
                    fix: free < 200 ? "free some space: routes and ledger are written whole" : nil))
        }
        var permissions = stat()
        if case .unix(let socket)? = try? invocation.adminAddress(), stat(socket, &permissions) == 0 {
            let isOpen = permissions.st_mode & 0o077 != 0
            checks.append(
                Check(
                    name: "admin socket", result: isOpen ? .warning : .ok,
                    detail: isOpen ? "\(socket) is open to other accounts" : "\(socket) is yours alone",
                    fix: isOpen ? "chmod 600 \(socket)" : nil))
        }
        return checks
    }

    /// Asks the router of this configuration.
    /// - Returns: `noneRuns`: neither does it answer, nor is there a process that said that it serves this file.
    private static func router(
        _ invocation: Invocation
    ) async throws -> (status: AdminStatus?, check: Check, noneRuns: Bool) {
        // Somebody waits for a diagnosis; a router that has not answered by then is one.
        let patience: Duration? = invocation.inputs["timeout"] == nil ? .seconds(5) : nil
        do {
            let status = try await invocation.admin(timeout: patience).status()
            let detail = "pid \(status.router.pid) serves revision \(status.revision)"
            return (status, Check(name: "router", result: .ok, detail: detail), false)
        } catch let failure as OperationFailure {
            let living =
                try invocation.namedAddress() != nil
                ? nil : RouterSearch(around: invocation.configPath).livingProcess
            let check = router(failure, living: living, configuration: invocation.configPath)
            return (nil, check, living == nil && failure.exit == .unreachable)
        }
    }

    /// What it means that the router gave no response.
    /// - Parameter living: the process that said that it serves this configuration, and runs.
    static func router(_ failure: OperationFailure, living: Int32?, configuration: String) -> Check {
        let start = "strangler-router --config \(configuration)"
        switch failure.exit {
        case .unreachable, .timedOut:
            if let living {
                return Check(
                    name: "router", result: .failed, detail: "pid \(living) runs, but: \(failure.message)",
                    fix: "kill -9 \(living), then \(start): it starts with the last acknowledged change")
            }
            guard failure.exit == .timedOut else {
                return Check(name: "router", result: .warning, detail: "none answers", fix: start)
            }
        default: break
        }
        return Check(
            name: "router", result: .failed, detail: failure.message, fix: failure.fixes.first)
    }

    /// Whether the file says what is served, and whether it can.
    private static func persistence(_ status: AdminStatus) -> Check {
        if let unwritten = status.config.persistence.unwritten {
            return Check(
                name: "on disk", result: .failed, detail: unwritten.sentence(file: status.config.file),
                fix: unwritten.advice(file: status.config.file))
        }
        guard let problem = status.config.persistence.notWritable else {
            return Check(name: "on disk", result: .ok, detail: "\(status.config.file) can be replaced")
        }
        return Check(
            name: "on disk", result: .warning, detail: "changes will live in memory only: \(problem)",
            fix: "let the file lie in a folder that its router may write, or change it where it comes from and reload")
    }

    /// Every limit that was hit since the router started: users got something else than from the monolith alone.
    static func limits(_ hits: [LimitHit]) -> [Check] {
        guard !hits.isEmpty else { return [Check(name: "limits", result: .ok, detail: "none was hit")] }
        return hits.map { hit in
            let recent = hit.lastMinute > 0 ? ", \(Decimal.grouped(hit.lastMinute)) in the last minute" : ""
            return Check(
                name: "limit \(hit.key)", result: .warning,
                detail:
                    "hit \(Decimal.grouped(hit.total)) \(hit.total == 1 ? "time" : "times")\(recent): \(hit.meaning)",
                fix: "\(hit.isNumber ? "raise" : "change") \(hit.key) in the routes file, then strangler apply")
        }
    }

    /// The same verdict as `strangler status` gives.
    static func standing(_ judgement: StatusJudgement) -> Check {
        let gravest = judgement.findings.first { $0.bars } ?? judgement.findings.first
        guard let gravest else { return Check(name: "standing", result: .ok, detail: judgement.position) }
        let more = judgement.findings.count - 1
        let step = (gravest.steps.first ?? judgement.next.first)?.command ?? "strangler status"
        return Check(
            name: "standing", result: gravest.severity == .bad ? .failed : .warning,
            detail: gravest.sentence + (more > 0 ? " (\(more) more: strangler status)" : ""),
            // Its other checks say what a reader of status is sent here for.
            fix: step == "strangler doctor" ? nil : step)
    }

    private static func ports(_ sketch: RoutesSketch, isServing: Bool) -> [Check] {
        sketch.listen.compactMap { address in
            guard let (host, port) = PortProbe.split(address) else { return nil }
            if isServing { return Check(name: "port \(port)", result: .ok, detail: "the router's") }
            if PortProbe.isFree(host: host, port: port) {
                return Check(name: "port \(port)", result: .ok, detail: "free for the router")
            }
            return Check(
                name: "port \(port)", result: .failed,
                detail: "\(address) cannot be listened on: taken, or not allowed",
                fix: "ss -ltnp 'sport = :\(port)' shows who has it; or change \"listen\"")
        }
    }

    private static func upstreams(of status: AdminStatus) -> [Check] {
        status.upstreams.map { upstream in
            let ill = upstream.endpoints.filter { $0.health == "unhealthy" }
            let detail = ill.map { "\($0.address): \($0.reason ?? "unhealthy")" }.joined(separator: ", ")
            return Check(
                name: "upstream \(upstream.name)", result: ill.isEmpty ? .ok : .failed,
                detail: ill.isEmpty ? upstream.health : detail,
                fix: ill.isEmpty ? nil : "start it, or correct its endpoints and health path")
        }
    }

    private static func upstreams(of sketch: RoutesSketch) -> [Check] {
        sketch.upstreams.sorted { $0.key < $1.key }.map { name, endpoints in
            let silent = endpoints.filter { endpoint in
                guard let (host, port) = PortProbe.split(endpoint) else { return false }
                return !PortProbe.answers(host: host, port: port)
            }
            return Check(
                name: "upstream \(name)", result: silent.isEmpty ? .ok : .failed,
                detail: silent.isEmpty ? "accepts connections" : "nobody accepts at \(silent.joined(separator: ", "))",
                fix: silent.isEmpty ? nil : "start it, or correct its endpoints")
        }
    }
}
