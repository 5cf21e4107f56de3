import ControlKit
import Parity

/// Which routes `strangler parity run ROUTE` would find scenarios for: it is offered for no others.
package enum ScenarioCoverage {
    /// None at all when a file of the folder cannot be read: the run would refuse it.
    ///
    /// - Parameter configuration: the routes file; the scenarios lie in `parity` beside it.
    package static func routes(besideConfiguration configuration: String) -> Set<String> {
        let folder = FileSystem.resolve("parity", in: FileSystem.directory(of: configuration))
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
