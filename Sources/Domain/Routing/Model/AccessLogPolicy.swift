/// Where a line for each exchange goes.
package enum AccessLogPolicy: Sendable, Equatable {
    /// Appended to a file. `rotation`: nil leaves that to others, who send SIGHUP after a rename.
    case file(String, rotation: Rotation?)
    /// Each line a datagram to a unix socket.
    case socket(String)

    package struct Rotation: Sendable, Equatable {
        /// Bytes after which a new file is begun.
        package var size: Int
        /// How many old ones are kept, as `FILE.1` (the newest) and so on.
        package var keep: Int

        package init(size: Int, keep: Int) {
            self.size = size
            self.keep = keep
        }
    }

    /// Reads the text form: nil for "off".
    package init?(_ text: String) {
        if text == "off" { return nil }
        self = text.hasPrefix("unix:") ? .socket(String(text.dropFirst(5))) : .file(text, rotation: nil)
    }
}
