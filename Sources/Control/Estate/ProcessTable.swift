/// The processes of a demo, kept in a file so that `demo down` finds what a crashed `demo up` left behind.
///
/// One line each: `NAME PID STARTED`.
package struct ProcessTable: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var name: String
        package var identity: ProcessIdentity

        package init(name: String, identity: ProcessIdentity) {
            self.name = name
            self.identity = identity
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry] = []) { self.entries = entries }

    /// Reads the text form; lines that make no sense are skipped, for the file may be torn by the crash itself.
    package init(parsing text: String) {
        entries = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 3, let pid = Int32(fields[1]), let started = UInt64(fields[2]), pid > 1 else {
                return nil
            }
            return Entry(name: String(fields[0]), identity: ProcessIdentity(pid: pid, started: started))
        }
    }

    package var text: String {
        entries.map { "\($0.name) \($0.identity.pid) \($0.identity.started)\n" }.joined()
    }
}
