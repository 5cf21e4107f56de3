import ControlKit

/// Finds the programs that ship together: beside the running one, then in `PATH`.
package enum ProgramFinder {
    package static func path(of name: String, _ environment: CommandEnvironment) -> String? {
        let own = FileSystem.resolveLinks(environment.program)
        let beside = FileSystem.directory(of: own) + "/" + name
        if own.contains("/"), FileSystem.isExecutable(beside) { return FileSystem.absolute(beside) }
        for folder in (environment.variables["PATH"] ?? "").split(separator: ":") {
            let candidate = folder + "/" + name
            if FileSystem.isExecutable(candidate) { return candidate }
        }
        return nil
    }

    /// The folder of the running program, when its name alone would not find it there.
    package static func folderOffPath(_ environment: CommandEnvironment) -> String? {
        let own = FileSystem.absolute(FileSystem.resolveLinks(environment.program))
        for folder in (environment.variables["PATH"] ?? "").split(separator: ":") {
            let candidate = folder + "/" + FileSystem.name(of: own)
            if FileSystem.isExecutable(candidate) {
                return FileSystem.canonical(candidate) == FileSystem.canonical(own)
                    ? nil : FileSystem.directory(of: own)
            }
        }
        return FileSystem.directory(of: own)
    }
}
