/// What `Connection` says (RFC 9110 7.6.1).
struct ConnectionOptions: OptionSet {
    let rawValue: UInt8

    static let close = ConnectionOptions(rawValue: 1)
    static let keepAlive = ConnectionOptions(rawValue: 2)
    static let upgrade = ConnectionOptions(rawValue: 4)

    /// The limit is above what any program sends; each option may cost a walk over all fields.
    private static let maximum = 32

    /// RFC 9112 9.3: `close` wins; 1.1 persists by default; 1.0 only when asked.
    func keepsAlive(_ version: HTTPVersion) -> Bool {
        if contains(.close) { return false }
        return version == .http11 || contains(.keepAlive)
    }

    /// Reads every `Connection` line and marks the fields that they nominate for removal.
    @inline(__always)
    static func read(
        _ base: UnsafePointer<UInt8>, _ fields: FieldTable, classes: UnsafePointer<UInt8>
    ) -> Result<ConnectionOptions, HTTPViolation> {
        guard let value = fields.value(.connection) else { return .success([]) }
        if !fields.repeated.contains(.connection) {
            // What nearly every client and server sends.
            let text = base + Int(value.start)
            if ByteScan.equalsFolded(text, value.count, "keep-alive") { return .success(.keepAlive) }
            if ByteScan.equalsFolded(text, value.count, "close") { return .success(.close) }
        }
        return readLists(base, fields, classes)
    }

    private static func readLists(
        _ base: UnsafePointer<UInt8>, _ fields: FieldTable, _ classes: UnsafePointer<UInt8>
    ) -> Result<ConnectionOptions, HTTPViolation> {
        var options: ConnectionOptions = []
        var seen = 0
        for index in 0..<fields.count where fields.entries[index].field == .connection {
            let value = fields.entries[index].value
            var elements = ListElements(base, Int(value.start), Int(value.end))
            while let element = elements.next() {
                seen += 1
                guard seen <= maximum else { return .failure(.connectionMalformed) }
                let count = element.end - element.start
                let outside = ByteScan.firstOutside(
                    ByteClass.token, classes, base, from: element.start, to: element.end)
                guard outside == element.end else { return .failure(.connectionMalformed) }
                let option = base + element.start
                if ByteScan.equalsFolded(option, count, "close") {
                    options.insert(.close)
                } else if ByteScan.equalsFolded(option, count, "keep-alive") {
                    options.insert(.keepAlive)
                } else if ByteScan.equalsFolded(option, count, "upgrade") {
                    options.insert(.upgrade)
                } else {
                    nominate(base, fields, option, count)
                }
            }
        }
        return .success(options)
    }

    /// `close`, `keep-alive` and `upgrade` need no mark: the fields of those names are cut in any case.
    private static func nominate(
        _ base: UnsafePointer<UInt8>, _ fields: FieldTable, _ option: UnsafePointer<UInt8>, _ count: Int
    ) {
        for index in 0..<fields.count {
            let entry = fields.entries[index]
            guard entry.name.count == count, FieldSet.nominable.contains(entry.field),
                ByteScan.equalsFolded(base + Int(entry.start), option, count)
            else { continue }
            fields.entries[index].isNominated = true
            fields.hasNominated = true
        }
    }
}
