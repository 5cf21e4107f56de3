/// Reads `/proc/net/tcp` and `/proc/net/tcp6` (proc(5)). Pure.
enum ListeningSockets {
    /// The inodes of the sockets that a connection to this address reaches: those of exactly this address, else those
    /// of every address.
    ///
    /// - Parameter host: 16 bytes, IPv4 as `::ffff:a.b.c.d`.
    static func inodes(in table: String, port: UInt16, host: (UInt64, UInt64)) -> [UInt64] {
        var exact: [UInt64] = []
        var every: [UInt64] = []
        for line in table.split(separator: "\n").dropFirst() {
            // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let inode = UInt64(fields[9]),
                let local = address(fields[1]), local.port == port
            else { continue }
            if (local.high, local.low) == host {
                exact.append(inode)
            } else if local.isEvery {
                every.append(inode)
            }
        }
        return exact.isEmpty ? every : exact
    }

    private struct Local {
        var high: UInt64
        var low: UInt64
        var port: UInt16
        var isEvery: Bool
    }

    /// `0100007F:2328`: words of the address in the machine's order, here little-endian, and the port.
    private static func address(_ text: Substring) -> Local? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
        let digits = Array(parts[0])
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var words: [UInt64] = []
        for start in stride(from: 0, to: digits.count, by: 8) {
            guard let word = UInt32(String(digits[start..<start + 8]), radix: 16) else { return nil }
            words.append(UInt64(word.byteSwapped))
        }
        if words.count == 1 {
            return Local(high: 0, low: 0xFFFF_0000_0000 | words[0], port: port, isEvery: words[0] == 0)
        }
        return Local(
            high: words[0] << 32 | words[1], low: words[2] << 32 | words[3], port: port,
            isEvery: words.allSatisfy { $0 == 0 })
    }
}
