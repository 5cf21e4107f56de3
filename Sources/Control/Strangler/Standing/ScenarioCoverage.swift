import ControlKit
import Parity

/// Which routes `strangler parity run ROUTE` would find scenarios for: it is offered for no others.
enum ScenarioCoverage {
    /// None at all when a file of the folder cannot be read: the run would refuse it.
    static func routes(_ invocation: Invocation) -> Set<String> {
        let folder = FileSystem.resolve("parity", in: invocation.configFolder)
        var covered: Set<String> = []
        for name in FileSystem.names(in: folder) where name.hasSuffix(".json") {
            let path = FileSystem.resolve(name, in: folder)
            guard let bytes = FileSystem.read(path), let file = try? ScenarioFile(document: bytes, file: path) else {
                return []
            }
            covered.formUnion(file.routes)
        }
        return covered
    }
}
