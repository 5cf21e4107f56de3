import Glibc

/// What a server prints on its command line without starting: its help or its version.
package enum ProgramAnswer {
    /// Writes to standard output and returns the exit status: 0, or 74 (sysexits `EX_IOERR`) with the reason on
    /// standard error.
    package static func write(_ text: String, program: String) -> Int32 {
        guard let code = put(text, to: STDOUT_FILENO) else { return 0 }
        let reason = String(cString: strerror(code))
        _ = put("\(program): the answer could not be written to standard output: \(reason)\n", to: STDERR_FILENO)
        return 74
    }

    /// The error that stopped the output; nil when all of it was written.
    private static func put(_ text: String, to descriptor: Int32) -> Int32? {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return errno }
            bytes = bytes.dropFirst(max(0, count))
        }
        return nil
    }
}
