package import AdminAPI
package import AdminClient
package import Arguments
package import ControlKit
import DurableFiles
import Estate
import Formats
import Operations
package import Routing
import Synchronization

/// One call of a command: what was typed, and the world it runs in.
package struct Invocation: Sendable {
    package let inputs: ParsedArguments
    package let environment: CommandEnvironment
    private let search = FoundRouter()

    /// Where the router was found, so that it is looked for once, until it no longer answers; what there is to remark
    /// is said once.
    private final class FoundRouter: Sendable {
        let address = Mutex<AdminAddress?>(nil)
        let said = Mutex<Set<String>>([])
    }

    package init(inputs: ParsedArguments, environment: CommandEnvironment) {
        self.inputs = inputs
        self.environment = environment
    }

    package var console: Console { environment.console }
    package var wantsJSON: Bool { inputs["output"] == "json" }
    package var isDryRun: Bool { inputs.has("dry-run") }
    package var assumesYes: Bool { inputs.has("yes") }
    package var reason: String? { inputs["reason"] }
    package var author: ChangeAuthor { ChangeAuthor(actor: environment.actor, reason: reason) }

    /// How long a change may take until it was observed. Default 30 s.
    package func timeout() throws(OperationFailure) -> Duration {
        guard let text = inputs["timeout"] else { return .seconds(30) }
        return try Self.duration(text, option: "--timeout")
    }

    /// A positional that the command's table demands.
    package func required(_ name: String) throws(OperationFailure) -> String {
        guard let value = inputs[name] else { throw OperationFailure(.usage, "\(name) is missing") }
        return value
    }

    /// Reads `250ms`, `10s`, `2m`, `1h`; a bare number is seconds.
    package static func duration(_ text: String, option: String) throws(OperationFailure) -> Duration {
        if let duration = DurationText.read(text, as: .option) { return .milliseconds(duration.microseconds / 1000) }
        throw OperationFailure(.usage, "\(option) \(text) is not a time", fix: "say it with a unit: 500ms, 10s, 2m")
    }

    // MARK: Configuration

    /// The routes file: `--config`, else `STRANGLER_CONFIG`, else `./routes.json`.
    package var configPath: String {
        inputs["config"] ?? environment.variables["STRANGLER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
            ?? "routes.json"
    }

    package var configFolder: String { FileSystem.directory(of: configPath) }

    /// The file's bytes, or exit 78.
    package func configBytes() throws(OperationFailure) -> [UInt8] {
        try RoutesCheck.bytes(of: configPath)
    }

    /// The routes document of the call, valid; or exit 78 with every diagnostic.
    package func routesDocument() throws(OperationFailure) -> RoutesDocument {
        try RoutesCheck.document(try configBytes(), file: configPath)
    }

    /// Where the router is asked: `--admin`, else `STRANGLER_ADMIN`, else where the router of this configuration says
    /// that it is, else what the routes file says, or copies of it that worked, else `run/router.sock` beside it.
    /// Nothing wrong with the file stops this.
    package func adminAddress() throws(OperationFailure) -> AdminAddress {
        if let address = try namedAddress() { return address }
        if let address = search.address.withLock({ $0 }) { return address }
        let found = RouterSearch(around: configPath).run(PortProbe.answers)
        guard let address = found.address else {
            throw OperationFailure(
                .unreachable, (["no router of \(configPath) is known"] + found.remarks).joined(separator: ": "),
                fix: "start it: strangler-router --config \(configPath)", "or say where it is: --admin unix:PATH")
        }
        search.address.withLock { $0 = address }
        for remark in found.remarks where search.said.withLock({ $0.insert(remark).inserted }) { console.warn(remark) }
        return address
    }

    /// The router that the user named; nil: none.
    package func namedAddress() throws(OperationFailure) -> AdminAddress? {
        guard let text = inputs["admin"] ?? environment.variables["STRANGLER_ADMIN"], !text.isEmpty else {
            return nil
        }
        guard let address = AdminAddress(text) else {
            throw OperationFailure(
                .usage, "\"\(text)\" is not an admin address",
                fix: "--admin unix:run/router.sock or --admin http://127.0.0.1:8081")
        }
        return address
    }

    /// The admin API of the router of this configuration. Connecting happens with the first request.
    /// - Parameters:
    ///   - timeout: of each request; nil: `--timeout`.
    ///   - named: another router's; nil: as `adminAddress` says.
    package func admin(
        timeout: Duration? = nil, at named: AdminAddress? = nil
    ) throws(OperationFailure) -> AdminClient {
        let address = if let named { named } else { try adminAddress() }
        let timeout = if let timeout { timeout } else { try self.timeout() }
        return AdminClient(
            address: address,
            exchange: PatientExchange(
                configuration: configPath, patience: timeout,
                lost: { [search] in search.address.withLock { $0 = nil } },
                environment.connect(address, try token(), timeout)
            ).send)
    }

    /// The bearer token, from a file so that it never stands in a list of processes.
    private func token() throws(OperationFailure) -> String? {
        guard let file = inputs["token-file"] ?? environment.variables["STRANGLER_TOKEN_FILE"], !file.isEmpty else {
            return nil
        }
        do {
            let token = try SecretFile(path: file).read().prefix { $0 != 0x0A && $0 != 0x0D }
            return String(decoding: token, as: UTF8.self)
        } catch {
            throw OperationFailure(.failed, "the token file: \(error)")
        }
    }

    // MARK: People

    /// Asks before something that others will notice. Only on a terminal; `--yes` answers for good.
    package func confirm(_ question: String) throws(OperationFailure) {
        guard console.isInteractive, !assumesYes, !isDryRun else { return }
        console.say(question + " [y/N]")
        let answer = readLine() ?? ""
        guard ["y", "yes"].contains(answer.lowercased()) else {
            throw OperationFailure(.failed, "not confirmed; nothing was changed")
        }
    }
}
