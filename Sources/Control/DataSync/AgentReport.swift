private import Glibc
private import JSON

/// What the agent that serves a target is doing. It is a file beside the target, so that showing it writes neither
/// store: the back-up of a store that is written begins again.
package struct AgentReport: Sendable, Equatable {
    package enum Doing: String, Sendable, CaseIterable {
        /// Nothing to carry.
        case idle
        /// Rows from before are being copied.
        case copying
        /// Changes are being written to the target.
        case applying
        /// Another program holds one of the stores.
        case waiting
        /// The last step failed and is made again.
        case retrying
        /// A person must look.
        case stopped
    }

    /// One group.
    package struct Line: Sendable, Equatable {
        package var doing: Doing
        /// Since when, in milliseconds since 1970.
        package var since: Int
        /// How many rows the step under way carries; 0 when that is not known.
        package var rows = 0
        /// The last error, until a step succeeds again.
        package var error: String?

        package init(doing: Doing, since: Int, rows: Int = 0, error: String? = nil) {
            self.doing = doing
            self.since = since
            self.rows = rows
            self.error = error
        }
    }

    package var process: Int
    package var groups: [String: Line]
    /// Why `data.json`, changed meanwhile, is not followed.
    package var configurationProblem: String?

    package init(process: Int, groups: [String: Line] = [:], configurationProblem: String? = nil) {
        self.process = process
        self.groups = groups
        self.configurationProblem = configurationProblem
    }

    package static func path(_ target: String) -> String { target + ".sf-agent" }

    var bytes: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("pid", process)
            if let configurationProblem { json.member("configuration_problem", configurationProblem) }
            json.member("groups") { json in
                json.object { json in
                    for (name, line) in groups.sorted(by: { $0.key < $1.key }) {
                        json.member(name) { json in
                            json.object { json in
                                json.member("doing", line.doing.rawValue)
                                json.member("since", line.since)
                                json.member("rows", line.rows)
                                if let error = line.error { json.member("error", error) }
                            }
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    init?(_ bytes: [UInt8]) {
        guard let root = try? JSONDocument(bytes).root, let process = root["pid"]?.int else { return nil }
        self.init(process: process, configurationProblem: root["configuration_problem"]?.string)
        for member in root["groups"]?.members.map({ $0 }) ?? [] {
            guard let doing = member.value["doing"]?.string.flatMap(Doing.init(rawValue:)) else { continue }
            groups[member.key] = Line(
                doing: doing, since: member.value["since"]?.int ?? 0, rows: member.value["rows"]?.int ?? 0,
                error: member.value["error"]?.string)
        }
    }
}

/// What can be seen of a target's agent from outside.
package enum AgentSign: Sendable, Equatable {
    /// No process holds the target's lock.
    case absent
    /// A process holds it, and showed itself that many milliseconds ago.
    case present(AgentReport?, silence: Int)
    /// The lock cannot be asked, as when it belongs to another user.
    case unknown

    /// Longer silence means that the process stands still: it shows itself every quarter of a second, whatever its
    /// steps wait for.
    package static let patience = 3_000

    static func read(target: String) -> AgentSign {
        switch SyncLock.isHeld(target: target) {
        case nil: return .unknown
        case false?: return .absent
        case true?: break
        }
        let path = AgentReport.path(target)
        var status = stat()
        guard stat(path, &status) == 0 else { return .present(nil, silence: 0) }
        // A file's time may be any number; one that no clock can show counts as none.
        let seconds = min(max(status.st_mtim.tv_sec, 0), 253_402_300_799)
        let beat = seconds * 1_000 + status.st_mtim.tv_nsec / 1_000_000
        let report = ReportFile.read(path).flatMap { AgentReport($0) }
        return .present(report, silence: max(0, Clock.milliseconds() - beat))
    }
}

/// The file of a report. It is replaced by rename and not synced: after a loss of power the agent that it is about is
/// gone anyway.
enum ReportFile {
    private static let limit = 1 << 20

    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }

    /// Whether it was written; a full disk is no reason to stop carrying.
    @discardableResult
    static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let draft = path + ".new"
        // A file under the draft's name was left by an agent that died, or planted. It is never written to.
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        return written == bytes.count && rename(draft, path) == 0
    }

    /// Shows that its writer lives; whether the file was there.
    static func touch(_ path: String) -> Bool { utimensat(AT_FDCWD, path, nil, 0) == 0 }
}
