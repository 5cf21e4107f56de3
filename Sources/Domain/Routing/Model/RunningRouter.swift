import JSON

/// What a router writes beside its configuration when it starts, so that it is found whatever becomes of that file.
package struct RunningRouter: Sendable, Equatable {
    package var pid: Int32
    /// Clock ticks since boot at its start (`/proc/PID/stat`, field 22): tells it from a later process of the same
    /// number. 0: unknown.
    package var ticks: UInt64
    /// RFC 3339, UTC.
    package var startedAt: String
    /// Absolute path of the configuration, as it was named.
    package var configuration: String
    /// `unix:/ABSOLUTE/PATH` and `http://HOST:PORT`, the socket first.
    package var admin: [String]
    package var version: String

    package init(
        pid: Int32, ticks: UInt64, startedAt: String, configuration: String, admin: [String], version: String
    ) {
        self.pid = pid
        self.ticks = ticks
        self.startedAt = startedAt
        self.configuration = configuration
        self.admin = admin
        self.version = version
    }

    /// Beside the configuration, with its name in it: several may lie in one folder.
    package static func name(of configuration: String) -> String { ".\(configuration).router" }

    /// The configuration's name in the name of such a file; nil: it is none.
    package static func configuration(in name: String) -> String? {
        guard name.hasPrefix("."), name.hasSuffix(".router"), name.utf8.count > 8 else { return nil }
        return String(name.dropFirst().dropLast(7))
    }

    /// Field 22 of `/proc/PID/stat`. The name in field 2 may hold blanks and parentheses: what counts begins after the
    /// last `)` (proc(5)).
    package static func ticks(inStat text: String) -> UInt64? {
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    package var bytes: [UInt8] {
        var writer = JSONWriter(pretty: true)
        writer.object { writer in
            writer.name("version")
            writer.int(1)
            writer.name("pid")
            writer.int(pid)
            writer.name("start_ticks")
            writer.int(ticks)
            writer.name("started_at")
            writer.string(startedAt)
            writer.name("configuration")
            writer.string(configuration)
            writer.name("admin")
            writer.array { writer in for address in admin { writer.string(address) } }
            writer.name("router")
            writer.string(version)
        }
        return writer.bytes + [0x0A]
    }

    /// nil: the text is none that a router wrote.
    package init?(_ bytes: [UInt8]) {
        guard let root = try? JSONDocument(bytes).root, root["version"]?.int == 1,
            let pid = root["pid"]?.numberText.flatMap({ Int32($0) }), pid > 0,
            let ticks = root["start_ticks"]?.numberText.flatMap({ UInt64($0) }),
            let configuration = root["configuration"]?.string, let admin = root["admin"]?.array
        else { return nil }
        self.init(
            pid: pid, ticks: ticks, startedAt: root["started_at"]?.string ?? "", configuration: configuration,
            admin: admin.compactMap(\.string), version: root["router"]?.string ?? "")
    }
}
