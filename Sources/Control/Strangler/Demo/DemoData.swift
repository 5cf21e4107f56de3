import ControlKit
import DataSync
import JSON
import Migration
import Operations

/// Keeps the services' stores in step with the monolith's while both live.
enum DemoData {
    /// Tables of each context, parents first; the services have them under the same names.
    private static let groups: KeyValuePairs<String, [String]> = [
        "auth": ["users", "sessions"], "profile": ["profiles", "images", "sessions"],
        "filter": ["images", "blobs", "jobs", "sessions"],
    ]

    /// Writes `data.json`, installs change capture, and starts the agent.
    static func start(_ estate: DemoEstate) async throws {
        try FileSystem.replace(estate.layout.dataConfig, with: document().bytes)
        for group in resolved(estate.layout) {
            do {
                try CaptureInstaller(group).install(
                    source: DataFile.open(group.source, isSource: true),
                    target: DataFile.open(group.target, isSource: false))
            } catch {
                throw DataFile.failure(error, of: group.name)
            }
        }
        try estate.start(
            "data-sync", "strangler",
            ["data", "sync", "--config", estate.layout.routes, "--metrics", "127.0.0.1:0"])
    }

    /// Waits until the services hold what the monolith holds.
    static func settle(_ estate: DemoEstate) async throws {
        let groups = resolved(estate.layout)
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let all = groups.map { DataStatus.read($0) }
            if all.allSatisfy({ $0.isCaughtUp && $0.agentLives }) { return }
            if let stopped = all.first(where: { $0.state == .stopped }) {
                throw OperationFailure(.failed, "the data of \(stopped.group) stands still: \(stopped.reason ?? "")")
            }
            guard ContinuousClock.now < deadline else {
                throw OperationFailure(
                    .timedOut, "the services do not have the monolith's rows after 30 s",
                    fix: "strangler data status --config \(estate.layout.routes)",
                    "look at \(estate.layout.log(of: "data-sync"))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func document() -> JSONWriter {
        var json = JSONWriter(pretty: true)
        json.object { json in
            json.member("version", 1)
            json.member("groups") { json in
                json.object { json in
                    for (name, tables) in groups {
                        json.member(name) { json in
                            json.object { json in
                                json.member("source", "data/monolith/monolith.db")
                                json.member("target", "data/\(name)/\(name).db")
                                json.member("tables") { json in
                                    json.array { json in
                                        for table in tables { json.object { $0.member("name", table) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return json
    }

    private static func resolved(_ layout: DemoLayout) -> [DataDocument.Group] {
        groups.map { name, tables in
            DataDocument.Group(
                name: name, source: layout.data(of: "monolith") + "/monolith.db",
                target: layout.data(of: name) + "/\(name).db",
                tables: tables.map { DataDocument.Table(name: $0, target: $0, key: [], columns: []) })
        }
    }
}
