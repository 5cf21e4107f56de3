/// Where a demo keeps everything: one folder beside the routes file, thrown away with each start.
package struct DemoLayout: Equatable, Sendable {
    /// `run/demo`.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    package var routes: String { folder + "/routes.json" }
    package var pids: String { folder + "/pids" }
    package var lock: String { folder + "/.lock" }
    package var samples: String { folder + "/data/samples.json" }
    package var socket: String { folder + "/router.sock" }
    package var dataConfig: String { folder + "/data.json" }

    package func data(of program: String) -> String { folder + "/data/" + program }
    package func log(of program: String) -> String { folder + "/logs/\(program).log" }

    /// The demo of the routes file that a call names.
    package static func of(_ invocation: Invocation) -> DemoLayout {
        DemoLayout(folder: FileSystem.resolve("run/demo", in: invocation.configFolder))
    }
}
