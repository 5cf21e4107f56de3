import AdminClient
import Arguments
import ControlKit
import Estate
import Operations
import Routing

/// `strangler init`: the first routes file. Asks only on a terminal, and only what was not given.
enum InitCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let path = invocation.configPath
        let isDry = invocation.isDryRun
        if FileSystem.exists(path), !invocation.inputs.has("force"), !isDry {
            throw OperationFailure(
                .failed, "\(path) is there already", fix: "strangler validate \(path)",
                "or replace it: strangler init --force")
        }
        let monolith = try address("monolith", "127.0.0.1:9000", "Where does your monolith listen?", invocation)
        let listen = try address("listen", "127.0.0.1:8080", "Where shall the router listen?", invocation)
        let text = document(monolith: monolith, listen: listen, health: invocation.inputs["health"])
        let bytes = try RoutesLayout.format(Array(text.utf8), file: path)
        let changes = try RoutesCheck.document(bytes, file: path).allChangesForUsers
        if isDry {
            return Answer(
                [.raw(String(decoding: bytes, as: UTF8.self))], data: ["file": .string(path), "written": false])
        }
        try FileSystem.createDirectory(FileSystem.resolve("run", in: invocation.configFolder))
        try FileSystem.replace(path, with: bytes)
        return Answer(
            [
                .sentence("Wrote \(path): everything goes to \(monolith), as it does today.", .good),
                SetupCommands.changes(changes),
                .lines([
                    "A first service is an upstream, and a route that names it:",
                    "",
                    "  \"upstreams\": { ..., \"profile\": { \"endpoints\": [\"127.0.0.1:9003\"], \"health\": { \"path\": \"/healthz\" } } }",
                    "  \"contexts\": { \"profile\": { \"keys\": [\"header:x-user-id\", \"client-ip\"], \"mode\": \"reads\" } }",
                    "  \"routes\": [ { \"id\": \"profile\", \"match\": { \"prefix\": \"/api/profiles\", \"methods\": [\"GET\"] },",
                    "                \"legacy\": \"monolith\", \"service\": \"profile\", \"context\": \"profile\", \"percent\": 0 }, ... ]",
                ]),
            ],
            data: [
                "file": .string(path), "written": true, "monolith": .string(monolith), "listen": .string(listen),
                "changes_for_users": SetupCommands.datum(changes),
            ],
            next: [
                .init("strangler doctor", "is everything there?"),
                .init("strangler-router --config \(path)", "start the router, then send traffic to \(listen)"),
                .init("strangler status", "watch it"),
            ])
    }

    /// The file itself: everything to the monolith, which may take its time, large bodies, and the liberties of an old
    /// server, as it did before. The defaults are made for what new services need.
    static func document(monolith: String, listen: String, health: String?) -> String {
        let probe = health.map { ", \"health\": { \"path\": \(OutputValue.string($0).json(pretty: false)) }" } ?? ""
        return """
            {
              "version": 1,
              "revision": 1,
              "listen": ["\(listen)"],
              "admin": { "unix": "run/router.sock" },
              "upstreams": {
                "monolith": { "endpoints": ["\(monolith)"]\(probe), "tolerance": "legacy" }
              },
              "contexts": {},
              "routes": [
                { "id": "default", "match": { "prefix": "/" }, "legacy": "monolith",
                  "timeouts": { "response": "5m", "idle": "5m" }, "limits": { "body": "1GiB" } }
              ]
            }

            """
    }

    private static func address(
        _ option: String, _ standard: String, _ question: String, _ invocation: Invocation
    ) throws(OperationFailure) -> String {
        var text = invocation.inputs[option]
        if text == nil, invocation.console.isInteractive, !invocation.assumesYes {
            invocation.console.say("\(question) [\(standard)]")
            text = readLine().flatMap { $0.isEmpty ? nil : $0 }
        }
        let chosen = text ?? standard
        guard PortProbe.split(chosen) != nil, !chosen.contains("\"") else {
            throw OperationFailure(.usage, "--\(option) \"\(chosen)\" is not HOST:PORT", fix: "such as \(standard)")
        }
        return chosen.hasPrefix("http://") ? String(chosen.dropFirst(7)) : chosen
    }
}
