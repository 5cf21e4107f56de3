import ControlKit

/// Where a demo keeps everything: one folder beside the routes file, thrown away with each start.
package struct DemoLayout: Equatable, Sendable {
    /// `run/demo`.
    package let folder: String
    /// The folder beside whose routes file the demo stands; its scenarios are the demo's too.
    package let home: String

    package init(folder: String, home: String? = nil) {
        self.folder = folder
        self.home = home ?? folder + "/../.."
    }

    package var routes: String { folder + "/routes.json" }
    package var pids: String { folder + "/pids" }
    package var lock: String { folder + "/.lock" }
    package var samples: String { folder + "/data/samples.json" }
    package var socket: String { folder + "/router.sock" }
    package var dataConfig: String { folder + "/data.json" }

    package func data(of program: String) -> String { folder + "/data/" + program }
    package func log(of program: String) -> String { folder + "/logs/\(program).log" }

    /// The demo of the routes file that a call names: the demo's own routes file, as `demo up` advises, or the one
    /// beside which it stands.
    package static func of(_ invocation: Invocation) -> DemoLayout {
        let folder = invocation.configFolder
        let named = DemoLayout(folder: folder)
        // Its name alone is not enough: somebody's own routes may stand in such a folder, and a start throws away what
        // it finds.
        let isDemos = FileSystem.exists(named.lock) || !FileSystem.exists(folder)
        if isDemos, FileSystem.canonical(folder).hasSuffix("/run/demo") { return named }
        return DemoLayout(folder: FileSystem.resolve("run/demo", in: folder), home: folder)
    }
}
