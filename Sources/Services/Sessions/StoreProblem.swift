import HTTP
package import SQLite
package import ServiceKit

extension Problem {
    /// A store that cannot be written is said to be so: nothing was changed, and the client may come back. Nil for
    /// every other error.
    package static func ofStore(_ error: any Error) -> Problem? {
        guard let error = error as? SQLiteError else { return nil }
        if error.isFull {
            return Problem(
                .insufficientStorage, code: "storage_full", title: "There is no room to store this",
                detail: "nothing was changed")
        }
        if error.isStorageFailure || error.isBusy { return .busy("the store cannot be reached; nothing was changed") }
        return nil
    }
}

/// Opens the database of a service.
package enum ServiceStore {
    package struct Unsound: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter checked: whether a damaged file is refused; a process beside the service need not look again.
    package static func open(_ path: String, migrations: [String], checked: Bool = true) throws -> Database {
        let database = try Database(path: path, migrations: migrations)
        if checked, let complaint = try database.quickCheck().first {
            throw Unsound(description: "\(path): the database is damaged (\(complaint)); restore a back-up first")
        }
        return database
    }
}
