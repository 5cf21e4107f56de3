/// Takes a stream of server-sent events apart (WHATWG HTML 9.2.6), as far as the router writes them: `event` and `data`
/// on a line each. Pure.
package struct EventReader: Sendable {
    package struct Event: Equatable, Sendable {
        package var name: String
        package var data: String

        package init(name: String, data: String) {
            self.name = name
            self.data = data
        }
    }

    private var pending: [UInt8] = []
    private var name = ""
    private var data = ""
    private var isOversized = false

    /// No line of the router is near as long; one that is belongs to something else and is left out.
    private static let lineLimit = 1 << 20

    package init() {}

    /// The events that `bytes` complete.
    package mutating func read(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            guard byte == 0x0A else {
                if pending.count < Self.lineLimit { pending.append(byte) } else { isOversized = true }
                continue
            }
            if pending.last == 0x0D { pending.removeLast() }
            let line = isOversized ? ":" : String(decoding: pending, as: UTF8.self)
            pending.removeAll(keepingCapacity: true)
            isOversized = false
            if let event = take(line) { events.append(event) }
        }
        return events
    }

    private mutating func take(_ line: String) -> Event? {
        guard line.isEmpty else {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.count > 1 ? parts[1] : ""
            if value.hasPrefix(" ") { value = value.dropFirst() }
            switch parts[0] {
            case "event": name = String(value)
            case "data": data += (data.isEmpty ? "" : "\n") + value
            default: break
            }
            return nil
        }
        defer {
            name = ""
            data = ""
        }
        return data.isEmpty ? nil : Event(name: name.isEmpty ? "message" : name, data: data)
    }
}
