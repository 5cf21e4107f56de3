private import Glibc
internal import Migration
internal import SQLite

/// How a stream opens its stores, and how it waits for those who write them.
package enum StreamConnections {
    static func source(_ group: DataDocument.Group) throws -> DatabaseConnection {
        try DatabaseConnection(path: group.source, configuration: StreamMemory.besideWriters)
    }

    static func target(_ group: DataDocument.Group) throws -> DatabaseConnection {
        var configuration = StreamMemory.follower
        // The monolith's writers come and go: the step itself asks again.
        if group.isBack { configuration.busyTimeout = .milliseconds(10) }
        return try DatabaseConnection(path: group.target, configuration: configuration)
    }

    /// Writers lock the whole store, each for a moment: asked often, there is a moment between two of them. SQLite's
    /// own waiting sleeps longer each time, up to a tenth of a second.
    ///
    /// - Parameter patience: in nanoseconds. After 200 ms a step is given up, and made again: no lock of one store is
    ///   held while another one is waited for that long.
    package static func patiently<T>(for patience: Int = 200_000_000, _ body: () throws -> T) throws -> T {
        let deadline = Clock.monotonicNanoseconds() + patience
        while true {
            do {
                return try body()
            } catch let error as SQLiteError where error.isBusy && Clock.monotonicNanoseconds() < deadline {
                usleep(300)
            }
        }
    }
}
