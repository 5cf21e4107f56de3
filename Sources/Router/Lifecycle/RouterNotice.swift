import DurableFiles
import EventLoop
import Glibc
import Routing
import Telemetry

/// The file `.NAME.router` beside the configuration, which says which process serves it and where its admin API
/// listens.
///
/// It is written when the router serves, and removed when the router ends, unless a process that has taken over has
/// replaced it by then. The file of a process that was killed stays; its reader sees that the process is gone.
struct RouterNotice {
    private let files: [DurableFile]
    private let router: RunningRouter

    /// - Parameter configuration: the file as it was named. If that is a link into another folder, the notice is
    ///   written there as well, so that it is found by either name.
    init(configuration: DurableFile, admin: [SocketAddress], startedAt: Int64, calls: FileCalls) {
        let path = Self.absolute(configuration.path)
        router = RunningRouter(
            pid: getpid(), ticks: Self.ownTicks(), startedAt: WallClock.text(startedAt), configuration: path,
            admin: admin.map { address in
                address.unixPath.map { "unix:" + Self.absolute($0) } ?? "http://\(address)"
            }, version: Release.version)
        var places = ["\(configuration.folder)/\(RunningRouter.name(of: configuration.name))"]
        if let target = try? configuration.target(), target.path != configuration.path {
            places.append("\(target.folder)/\(RunningRouter.name(of: target.name))")
        }
        files = places.map { DurableFile(path: $0, calls: calls) }
    }

    /// A router that cannot write the notice serves all the same, and is found by its configuration.
    func write() {
        for file in files {
            do throws(FileError) {
                try file.replace(with: router.bytes)
            } catch {
                RouterLog.write(.warning, "cannot say beside the configuration who serves it", ["problem": "\(error)"])
            }
        }
    }

    func remove() {
        for file in files {
            guard let bytes = try? file.read(), let found = RunningRouter(bytes), found.pid == router.pid,
                found.ticks == router.ticks
            else { continue }
            try? file.remove()
        }
    }

    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    private static func ownTicks() -> UInt64 {
        let bytes = (try? DurableFile(path: "/proc/self/stat").read()) ?? []
        return RunningRouter.ticks(inStat: String(decoding: bytes, as: UTF8.self)) ?? 0
    }
}
