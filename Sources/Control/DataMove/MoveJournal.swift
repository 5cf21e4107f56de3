package import DurableFiles
private import Glibc
private import JSON
package import Migration

/// What a coordinator is about to do, on the disk before it does it: one line of JSON for each phase of a slice.
///
/// Who owns what is said by the stores, and a move can be finished without its journal. The journal says what was
/// intended, when, and by whom, and that a slice was closed.
package final class MoveJournal {
    package struct Entry: Sendable, Equatable {
        /// Of the slice's move, unique.
        package var move: String
        package var group: String
        package var slice: MoveSlice
        package var phase: MovePhase
        /// Milliseconds since 1970.
        package var time: Int

        package init(move: String, group: String, slice: MoveSlice, phase: MovePhase, time: Int) {
            self.move = move
            self.group = group
            self.slice = slice
            self.phase = phase
            self.time = time
        }
    }

    private let path: String
    private let calls: FileCalls

    package init(path: String, calls: FileCalls = .kernel) {
        self.path = path
        self.calls = calls
    }

    /// Returns when the line is durable.
    package func append(_ entry: Entry) throws(FileError) {
        let isNew = access(path, F_OK) != 0
        let descriptor = Int32(
            clamping: try check(calls.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600), "open"))
        defer { _ = calls.close(descriptor) }
        // A line that was torn by a crash is closed first, so that it spoils only itself. An empty line says nothing.
        var bytes = [UInt8(ascii: "\n")] + entry.line + [UInt8(ascii: "\n")]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { calls.write(descriptor, $0) }
            if count == -Int(EINTR) { continue }
            try check(count, "write")
            guard count > 0 else { throw FileError(operation: "write", path: path, code: ENOSPC) }
            bytes.removeFirst(min(count, bytes.count))
        }
        try check(calls.sync(descriptor), "fsync")
        if isNew { try syncFolder() }
    }

    /// The file's name is durable too.
    private func syncFolder() throws(FileError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = Int32(clamping: try check(calls.open(folder, O_RDONLY | O_DIRECTORY, 0), "open the folder of"))
        defer { _ = calls.close(descriptor) }
        try check(calls.sync(descriptor), "fsync the folder of")
    }

    @discardableResult
    private func check(_ result: Int, _ operation: String) throws(FileError) -> Int {
        guard result < 0 else { return result }
        throw FileError(operation: operation, path: path, code: Int32(clamping: -result))
    }

    /// The last phase that a group's moves reached; nil: none. A line that cannot be read was torn, and what it would
    /// have announced was not done.
    package static func last(of group: String, in content: [UInt8]) -> Entry? {
        content.split(separator: UInt8(ascii: "\n")).reversed().lazy.compactMap { Entry(Array($0)) }
            .first { $0.group == group }
    }
}

extension MovePhase {
    fileprivate var name: String {
        switch self {
        case .intent: "intent"
        case .fenced: "fenced"
        case .done: "done"
        case .aborted: "aborted"
        }
    }
}

extension MoveJournal.Entry {
    fileprivate var line: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("move", move)
            json.member("group", group)
            json.member("from_bucket", slice.buckets.lowerBound)
            json.member("to_bucket", slice.buckets.upperBound)
            json.member("from_side", slice.from.rawValue)
            json.member("epoch", slice.epoch)
            json.member("phase", phase.name)
            if case .fenced(let position) = phase { json.member("position", position) }
            json.member("time", time)
        }
        return json.bytes
    }

    fileprivate init?(_ line: [UInt8]) {
        guard let root = try? JSONDocument(line).root, let move = root["move"]?.string,
            let group = root["group"]?.string, let low = root["from_bucket"]?.int, let high = root["to_bucket"]?.int,
            low < high, let from = root["from_side"]?.string.flatMap(StoreSide.init(rawValue:)),
            let epoch = root["epoch"]?.int, let time = root["time"]?.int
        else { return nil }
        let phase: MovePhase
        switch root["phase"]?.string {
        case "intent": phase = .intent
        case "fenced": phase = .fenced(position: root["position"]?.int ?? 0)
        case "done": phase = .done
        case "aborted": phase = .aborted
        default: return nil
        }
        self.init(
            move: move, group: group, slice: MoveSlice(buckets: low..<high, from: from, epoch: epoch), phase: phase,
            time: time)
    }
}
