import ControlKit
import DataSync
import JSON
import Migration
import Operations

/// Keeps the services' stores in step with the monolith's while both live.
enum DemoData {
    /// Tables of each context, parents first; the services have them under the same names. Profiles have another form
    /// at their service, which `profiles` says.
    private static let groups: KeyValuePairs<String, [String]> = [
        "auth": ["users", "sessions"], "profile": ["profiles", "images", "sessions"],
        "filter": ["images", "blobs", "jobs", "sessions"],
    ]

    /// Writes `data.json`, installs change capture, and starts the agent.
    static func start(_ estate: DemoEstate) async throws {
        try FileSystem.replace(estate.layout.dataConfig, with: document().bytes)
        for group in try resolved(estate.layout) {
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
        let groups = try resolved(estate.layout)
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
                                        for table in tables {
                                            json.object { Self.write(table, of: name, &$0) }
                                        }
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

    private static func write(_ table: String, of group: String, _ json: inout JSONWriter) {
        json.member("name", table)
        guard table == "profiles" else { return }
        json.member("columns") { json in
            json.object { json in
                for (column, target) in profiles { json.member(column, target) }
            }
        }
        json.member("map") { json in
            json.array { json in
                for (column, target) in times {
                    json.object { json in
                        json.member("to") { $0.object { $0.member(target, milliseconds(of: column)) } }
                        json.member("back") { $0.object { $0.member(column, time(of: target)) } }
                    }
                }
            }
        }
    }

    private static let profiles: KeyValuePairs = [
        "user_id": "user_id", "display_name": "name", "bio": "bio", "links": "links",
        "avatar_image_id": "avatar_image_id",
    ]
    private static let times: KeyValuePairs = ["created_at": "created_ms", "updated_at": "updated_ms"]

    /// Of a text like `2026-11-23T23:41:07.250Z`.
    private static func milliseconds(of column: String) -> String {
        "CAST(strftime('%s', \(column)) AS INTEGER) * 1000 + CAST(substr(\(column), 21, 3) AS INTEGER)"
    }

    private static func time(of column: String) -> String {
        "strftime('%Y-%m-%dT%H:%M:%S', \(column) / 1000, 'unixepoch') || printf('.%03dZ', \(column) % 1000)"
    }

    /// As the file says, with the paths of the estate.
    private static func resolved(_ layout: DemoLayout) throws(OperationFailure) -> [DataDocument.Group] {
        try DataFile.document(at: layout.dataConfig).groups
    }
}
