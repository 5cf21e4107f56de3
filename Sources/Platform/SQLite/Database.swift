import Glibc

/// A database file shared by threads: one writer, several readers that see a snapshot each and never wait for it.
///
/// ```swift
/// let database = try Database(path: "profile.db", migrations: ["CREATE TABLE profiles(…)"])
/// try database.write { tx in try tx.execute("INSERT INTO profiles VALUES(?, ?)", id, name) }   // durable when it returns
/// let names = try database.read { try $0.query("SELECT name FROM profiles") { $0.text(0) } }
/// ```
/// A closure is a transaction, and the connection is valid only inside it. Calls block: make them on worker threads.
package final class Database: @unchecked Sendable {
    // @unchecked: `writer` is used only between lock and unlock of `writing`; `idle` and `opened` only under `pool`.
    package let path: String
    private let configuration: DatabaseConfiguration
    private let writer: DatabaseConnection
    private let writing = ThreadLock()
    private let pool = ThreadLock()
    private var idle: [DatabaseConnection] = []
    private var opened = 0

    /// Opens the file and brings its schema up to date.
    ///
    /// - Parameter migrations: scripts in order; the n-th takes the schema from `user_version` n−1 to n, each in a
    ///   transaction of its own. A published script is never changed, only followed by another.
    package init(
        path: String, migrations: [String] = [], configuration: DatabaseConfiguration = .init()
    ) throws {
        self.path = path
        self.configuration = configuration
        writer = try DatabaseConnection(path: path, configuration: configuration)
        try Self.migrate(writer, migrations)
    }

    /// Runs `body` in a transaction that holds the write lock; when this returns, the change is durable.
    @discardableResult
    package func write<T>(_ body: (DatabaseConnection) throws -> T) throws -> T {
        writing.lock()
        defer { writing.unlock() }
        return try writer.transaction(.immediate, body)
    }

    /// Runs `body` on one snapshot. Writing in it fails.
    package func read<T>(_ body: (DatabaseConnection) throws -> T) throws -> T {
        let connection = try takeReader()
        defer { giveBack(connection) }
        return try connection.transaction(.deferred, body)
    }

    /// Runs `body` on the writing connection without a transaction: pragmas, checkpoints, back-ups.
    @discardableResult
    package func withWriter<T>(_ body: (DatabaseConnection) throws -> T) throws -> T {
        writing.lock()
        defer { writing.unlock() }
        return try body(writer)
    }

    /// Complaints of `PRAGMA quick_check`; empty when the file is sound.
    package func quickCheck() throws -> [String] { try read { try $0.quickCheck() } }

    /// Copies the live database to `target`.
    package func backup(to target: String) throws { try withWriter { try $0.backup(to: target) } }

    private func takeReader() throws(SQLiteError) -> DatabaseConnection {
        pool.lock()
        while idle.isEmpty, opened >= configuration.readers { pool.wait() }
        if let connection = idle.popLast() {
            pool.unlock()
            return connection
        }
        opened += 1
        pool.unlock()
        do {
            let connection = try DatabaseConnection(path: path, configuration: configuration)
            try connection.script("PRAGMA query_only = ON")
            return connection
        } catch {
            pool.lock()
            opened -= 1
            pool.signal()
            pool.unlock()
            throw error
        }
    }

    private func giveBack(_ connection: DatabaseConnection) {
        pool.lock()
        idle.append(connection)
        pool.signal()
        pool.unlock()
    }

    private static func migrate(_ connection: DatabaseConnection, _ migrations: [String]) throws {
        guard !migrations.isEmpty else { return }
        var version = try connection.int("PRAGMA user_version") ?? 0
        // A file of another program may say anything; below zero there is no migration.
        while migrations.indices.contains(version) {
            // The version is read again under the lock, because another process may be migrating the same file.
            version = try connection.transaction { tx in
                let version = try tx.int("PRAGMA user_version") ?? 0
                guard migrations.indices.contains(version) else { return version }
                try tx.script(migrations[version])
                try tx.script("PRAGMA user_version = \(version + 1)")
                return version + 1
            }
        }
        guard version == migrations.count else {
            throw SQLiteError(
                code: 1,
                message:
                    "the schema has version \(version), this program knows \(migrations.count): it is older than the file",
                sql: "migrate \(connection.path)")
        }
    }
}

/// A mutex with a condition, for the few places where threads wait for a connection.
private final class ThreadLock: @unchecked Sendable {
    // @unchecked: POSIX objects at a stable address, made to be used by several threads.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        // A write inside a write would deadlock silently; an error-checking mutex reports it instead.
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ERRORCHECK))
        pthread_mutex_init(mutex, &attributes)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() {
        let code = pthread_mutex_lock(mutex)
        precondition(code == 0, "a write transaction was begun inside another one of the same database")
    }
    func unlock() { pthread_mutex_unlock(mutex) }
    func wait() { pthread_cond_wait(condition, mutex) }
    func signal() { pthread_cond_signal(condition) }
}
