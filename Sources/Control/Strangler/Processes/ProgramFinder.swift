/// Finds the programs that ship together: beside the running one, then in `PATH`.
package enum ProgramFinder {
    package static func path(of name: String, _ surroundings: Surroundings) -> String? {
        let own = FileSystem.resolveLinks(surroundings.program)
        let beside = FileSystem.directory(of: own) + "/" + name
        if own.contains("/"), FileSystem.isExecutable(beside) { return FileSystem.absolute(beside) }
        for folder in (surroundings.environment["PATH"] ?? "").split(separator: ":") {
            let candidate = folder + "/" + name
            if FileSystem.isExecutable(candidate) { return candidate }
        }
        return nil
    }
}
