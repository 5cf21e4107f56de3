import AdminClient
import ControlKit
import Operations

/// Puts a proxy that edits answers before the profile service, as a bad deployment would.
struct WrongService: Sendable {
    private let estate: DemoEstate

    init(_ estate: DemoEstate) { self.estate = estate }

    /// - Parameter apply: runs `strangler apply FILE …` where the user sees it.
    /// - Returns: whether the service is wrong now.
    func insert(_ apply: ([String]) async throws -> ExitCode) async throws -> Bool {
        let proxy = try estate.start(
            "wrong-profile", "strangler",
            [
                "parity", "wrong-proxy", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:\(estate.ports.profile)",
                "--class", "value",
            ])
        guard let address = try await estate.listen(proxy).first.flatMap({ AdminAddress($0) }),
            case .tcp(let host, let port) = address
        else { throw OperationFailure(.failed, "the wrong service did not say where it listens") }
        let right = "127.0.0.1:\(estate.ports.profile)"
        return try await apply(try deployment(replacing: right, with: "\(host):\(port)", reason: "profile 2.1"))
            == .done
    }

    /// Puts the right service back and ends the wrong one.
    func mend(_ apply: ([String]) async throws -> ExitCode) async throws {
        let right = "127.0.0.1:\(estate.ports.profile)"
        guard let bytes = FileSystem.read(estate.layout.routes),
            let wrong = RoutesSketch(bytes)?.upstreams["profile"]?.first, wrong != right
        else { return }
        _ = try await apply(try deployment(replacing: wrong, with: right, reason: "profile 2.2, mended"))
        estate.stop("wrong-profile")
    }

    /// Writes a routes file with another endpoint, and returns the command that applies it.
    private func deployment(replacing old: String, with new: String, reason: String) throws -> [String] {
        let text = FileSystem.readText(estate.layout.routes) ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\"\(old)\"", omittingEmptySubsequences: false).joined(separator: "\"\(new)\"")
        }
        let file = estate.layout.folder + "/deployment.json"
        try FileSystem.replace(file, with: Array(lines.joined(separator: "\n").utf8))
        return ["apply", file, "--reason", reason]
    }
}
