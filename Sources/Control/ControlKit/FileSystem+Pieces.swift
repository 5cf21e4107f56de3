import Glibc

extension FileSystem {
    /// Hands on a file's bytes piece by piece, so that it may be larger than the memory; `-` is standard input.
    package static func pieces(of path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(OperationFailure) {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot read", path, errno) }
        defer { if path != "-" { close(descriptor) } }
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count > 0 {
                body(piece[0..<count])
            } else if count == 0 {
                return
            } else if errno != EINTR {
                throw failure("cannot read", path, errno)
            }
        }
    }
}
