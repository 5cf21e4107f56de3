import AdminClient
import ControlKit
import DurableFiles
import Estate
import Routing

extension RouterSearch {
    /// Looks around the configuration.
    package init(around path: String) {
        let folder = FileSystem.directory(of: path)
        self.init(file: path, guess: .unix(FileSystem.resolve("run/router.sock", in: folder)))
        canonical = { address in
            guard case .unix(let path) = address else { return address }
            return .unix(FileSystem.canonical(path))
        }
        let file = DurableFile(path: path)
        // By its name and by what that links to: the router may have been started with the other one.
        var names = [file]
        if let target = try? file.target(), target.path != path { names.append(target) }
        for name in names {
            let place = "\(name.folder)/\(RunningRouter.name(of: name.name))"
            guard let notice = Self.notice(place) else { continue }
            if !notices.contains(where: { $0.router == notice.router }) { notices.append(notice) }
        }
        if let bytes = FileSystem.read(path) {
            if let sketch = RoutesSketch(bytes) {
                written = sketch.admin(relativeTo: folder) ?? guess
            } else {
                trouble = bytes.isEmpty ? "is empty" : "is not JSON"
            }
        } else {
            trouble = "cannot be read"
        }
        let generations = Generations(of: file)
        for copy in generations.copies() {
            guard let bytes = generations.bytes(of: copy), let sketch = RoutesSketch(bytes) else { continue }
            let address = sketch.admin(relativeTo: folder) ?? guess
            if !copies.contains(address) { copies.append(address) }
        }
        for name in FileSystem.names(in: folder) {
            guard let other = RunningRouter.configuration(in: name), other != file.name,
                let notice = Self.notice("\(folder)/\(name)"), notice.isAlive,
                !notices.contains(where: { $0.router.pid == notice.router.pid })
            else { continue }
            for address in notice.router.admin.compactMap({ AdminAddress($0) }) {
                strangers[canonical(address)] = notice.router.configuration
            }
        }
    }

    private static func notice(_ place: String) -> Notice? {
        // Where the folder is open to others, one of them must not be able to say where our token goes.
        guard FileSystem.isOfOwner(place), let bytes = FileSystem.read(place), let router = RunningRouter(bytes) else {
            return nil
        }
        return Notice(
            place: place, router: router,
            // In a container a router may well be process 1.
            isAlive: router.pid == 1
                ? router.ticks > 0 && ProcessIdentity.startTime(of: 1) == router.ticks
                : ProcessIdentity(pid: router.pid, started: router.ticks).isAlive)
    }
}
