import SQLite

/// The monolith's whole state. Calls block on the disk: make them on worker threads.
package final class MonolithStore: Sendable {
    let database: Database

    package struct Unsound: Error, CustomStringConvertible {
        package let description: String
    }

    /// Opens (or makes) the file, checks it, and brings its schema up to date.
    package init(path: String) throws {
        database = try Database(path: path, migrations: MonolithSchema.migrations)
        let complaints = try database.quickCheck()
        guard complaints.isEmpty else {
            throw Unsound(
                description: "\(path): the database is damaged (\(complaints[0])); restore a back-up before starting")
        }
    }
}
