package import Formats
import SQLite
import Secrets
import Telemetry

/// The durable queue: rows of `queue` moved by `QueueStateMachine`, each step one transaction together with what it
/// means for the job, its picture and the totals.
package final class JobQueue: Sendable {
    private let store: FilterStore
    private let policy: QueueStateMachine.Policy
    private let now: @Sendable () -> Timestamp
    private let jitter: @Sendable () -> Double

    package init(
        store: FilterStore, policy: QueueStateMachine.Policy = .init(),
        now: @escaping @Sendable () -> Timestamp = { .now() },
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.store = store
        self.policy = policy
        self.now = now
        self.jitter = jitter
    }

    /// How long a worker may be silent, in milliseconds.
    var lease: Int { policy.lease }

    /// When this returns, the job will be run, whoever dies.
    func add(_ job: FilterStore.Job) throws {
        let time = now().milliseconds
        try store.database.write { tx in
            try tx.execute(
                """
                INSERT INTO jobs(id, image_id, user_id, filter, parameters, format, state, created_at, updated_at)
                VALUES(?, ?, ?, ?, ?, ?, 'queued', ?, ?)
                """, job.id, job.imageID, job.userID, job.filter, job.parameters, job.format, job.createdAt,
                job.updatedAt)
            try tx.execute(
                """
                INSERT INTO queue(job_id, user_id, state, attempts, queued_at, available_at)
                VALUES(?, ?, 'queued', 0, ?, ?)
                """, job.id, job.userID, time, time)
        }
    }

    /// A job, leased to `owner`; nil when none is due. Accounts are served in turn, and of each its longest waiting
    /// job.
    package func claim(by owner: String) throws -> FilterStore.Job? {
        let time = now()
        // A look without the write lock first: idle workers must not stand in the way of writers.
        let due = try store.database.read { tx in
            try tx.int(
                """
                SELECT EXISTS(SELECT 1 FROM queue WHERE state = 'queued' AND available_at <= ?1)
                    OR EXISTS(SELECT 1 FROM queue WHERE state = 'leased' AND lease_expires_at <= ?1)
                """, time.milliseconds)
        }
        guard due == 1 else { return nil }
        return try store.database.write { tx in
            try reclaim(time, tx)
            guard let next = try nextInTurn(time, tx), var machine = try machine(next, tx) else { return nil }
            guard case .work(let attempt) = machine.claimed(by: owner, now: time.milliseconds) else { return nil }
            try save(machine, next, tx)
            try tx.execute(
                "UPDATE jobs SET state = 'running', attempts = ?, updated_at = ? WHERE id = ?", attempt,
                time.description, next)
            return try FilterStore.job(id: next, tx)
        }
    }

    /// False when the job is another's by now.
    package func heartbeat(_ jobID: String, by owner: String) throws -> Bool {
        try step(jobID) { machine, time, tx in machine.heartbeat(of: owner, now: time.milliseconds) == .goOn } ?? false
    }

    /// Stores a result, once: false when another worker has the job, or has finished it.
    package func finish(_ job: FilterStore.Job, by owner: String, _ outcome: FilterWork.Outcome) throws -> Bool {
        try step(job.id) { machine, time, tx in
            guard machine.succeeded(owner) == .storeResult else { return false }
            try FilterStore.keep(outcome.bytes, under: outcome.sha256, tx)
            if let thumbnail = outcome.thumbnail { try FilterStore.keep(thumbnail, of: outcome.sha256, tx) }
            try tx.execute(
                """
                UPDATE jobs SET state = 'done', error = NULL, result_sha256 = ?, result_format = ?, updated_at = ?,
                    finished_at = ? WHERE id = ?
                """, outcome.sha256, outcome.format, time.description, time.description, job.id)
            try tx.execute(
                """
                UPDATE images SET result_job_id = ?, result_filter = ?, result_sha256 = ?, result_format = ?,
                    result_at = ? WHERE id = ?
                """, job.id, job.filter, outcome.sha256, outcome.format, time.description, job.imageID)
            try count("done", tx)
            return true
        } ?? false
    }

    package func fail(_ jobID: String, by owner: String, reason: String, canRetry: Bool) throws {
        _ = try step(jobID) { machine, time, tx in
            let action = machine.failed(
                owner, reason: reason, canRetry: canRetry, now: time.milliseconds, jitter: jitter())
            try show(action, of: jobID, time, tx)
        }
    }

    /// Hands back what a stopping worker has not finished.
    package func giveBack(_ jobID: String, by owner: String) throws {
        _ = try step(jobID) { machine, time, tx in
            guard machine.givenBack(by: owner, now: time.milliseconds) == .requeue else { return }
            try tx.execute(
                "UPDATE jobs SET state = 'queued', attempts = ?, updated_at = ? WHERE id = ?", machine.attempts,
                time.description, jobID)
        }
    }

    /// Frees what a dead worker held, without waiting for its lease to run out.
    package func ownerDied(_ owner: String) throws {
        let time = now()
        try store.database.write { tx in
            let held = try tx.query("SELECT job_id FROM queue WHERE state = 'leased' AND lease_owner = ?", owner) {
                $0.text(0)
            }
            for id in held {
                guard var machine = try machine(id, tx) else { continue }
                let action = machine.ownerDied(owner, now: time.milliseconds, jitter: jitter())
                try save(machine, id, tx)
                try show(action, of: id, time, tx)
            }
        }
    }

    /// Waiting and leased jobs, the age of the oldest in milliseconds, and how many ended in each way, ever.
    package func figures() throws -> (depth: Int, oldestAge: Int, totals: [(result: String, count: Int)]) {
        let time = now().milliseconds
        return try store.database.read { tx in
            let open = try tx.first(
                "SELECT count(*), min(queued_at) FROM queue WHERE state IN ('queued', 'leased')"
            ) { ($0.int(0), $0.optionalInt(1)) }
            let totals = try tx.query("SELECT result, count FROM queue_totals ORDER BY result") {
                (result: $0.text(0), count: $0.int(1))
            }
            return (open?.0 ?? 0, open?.1.map { max(0, time - $0) } ?? 0, totals)
        }
    }

    /// The first due job of the account whose last turn is longest ago; one that never had a turn comes first. Notes
    /// the turn down.
    private func nextInTurn(_ time: Timestamp, _ tx: DatabaseConnection) throws -> String? {
        // Walks from account to account, not over all that they have waiting.
        let next = try tx.first(
            """
            WITH RECURSIVE account(id) AS (
                SELECT min(user_id) FROM queue WHERE state = 'queued'
                UNION ALL
                SELECT (SELECT min(user_id) FROM queue WHERE state = 'queued' AND user_id > account.id)
                FROM account WHERE account.id IS NOT NULL
            )
            SELECT queue.job_id, queue.user_id FROM account
            JOIN queue ON queue.job_id = (
                SELECT job_id FROM queue WHERE state = 'queued' AND user_id = account.id AND available_at <= ?
                ORDER BY available_at, job_id LIMIT 1)
            LEFT JOIN queue_turns ON queue_turns.user_id = account.id
            ORDER BY coalesce(turn, 0), queue.available_at, queue.job_id LIMIT 1
            """, time.milliseconds
        ) { (job: $0.text(0), account: $0.text(1)) }
        guard let next else { return nil }
        let turn = (try tx.int("SELECT max(turn) FROM queue_turns") ?? 0) &+ 1
        try tx.execute(
            """
            INSERT INTO queue_turns(user_id, turn) VALUES(?, ?) ON CONFLICT(user_id) DO UPDATE SET turn = excluded.turn
            """, next.account, turn)
        // Who had none of the last ten thousand turns is as good as new.
        try tx.execute("DELETE FROM queue_turns WHERE turn < ?", turn &- 10_000)
        return next.job
    }

    /// Takes back every lease that has run out.
    private func reclaim(_ time: Timestamp, _ tx: DatabaseConnection) throws {
        let expired = try tx.query(
            "SELECT job_id FROM queue WHERE state = 'leased' AND lease_expires_at <= ?", time.milliseconds
        ) { $0.text(0) }
        for id in expired {
            guard var machine = try machine(id, tx) else { continue }
            let action = machine.timePassed(now: time.milliseconds, jitter: jitter())
            try save(machine, id, tx)
            try show(action, of: id, time, tx)
        }
    }

    private func step<Result>(
        _ jobID: String, _ body: (inout QueueStateMachine, Timestamp, DatabaseConnection) throws -> Result
    ) throws -> Result? {
        let time = now()
        return try store.database.write { tx in
            guard var machine = try machine(jobID, tx) else { return nil }
            let before = machine
            let result = try body(&machine, time, tx)
            if machine != before { try save(machine, jobID, tx) }
            return result
        }
    }

    /// What a failure means for the job as clients see it.
    private func show(
        _ action: QueueStateMachine.FailureAction, of jobID: String, _ time: Timestamp, _ tx: DatabaseConnection
    ) throws {
        switch action {
        case .ignore: return
        case .retry:
            try tx.execute(
                "UPDATE jobs SET state = 'queued', updated_at = ? WHERE id = ?", time.description, jobID)
            try count("retried", tx)
        case .bury(let reason):
            try tx.execute(
                "UPDATE jobs SET state = 'failed', error = ?, updated_at = ?, finished_at = ? WHERE id = ?", reason,
                time.description, time.description, jobID)
            try count("failed", tx)
        }
    }

    private func count(_ result: String, _ tx: DatabaseConnection) throws {
        try tx.execute("UPDATE queue_totals SET count = count + 1 WHERE result = ?", result)
    }
}

// MARK: Rows

extension JobQueue {
    private func machine(_ jobID: String, _ tx: DatabaseConnection) throws -> QueueStateMachine? {
        try tx.first(
            """
            SELECT state, attempts, available_at, lease_owner, lease_expires_at, reason FROM queue WHERE job_id = ?
            """, jobID
        ) { row in
            let state: QueueStateMachine.State =
                switch row.text(0) {
                case "queued": .queued(availableAt: row.optionalInt(2) ?? 0)
                case "leased": .leased(owner: row.text(3), expiresAt: row.optionalInt(4) ?? 0)
                case "done": .done
                default: .dead(reason: row.optionalText(5) ?? "")
                }
            return QueueStateMachine(state: state, attempts: row.int(1), policy: policy)
        }
    }

    private func save(_ machine: QueueStateMachine, _ jobID: String, _ tx: DatabaseConnection) throws {
        var (state, available, owner, expires, reason) = ("", Int?.none, String?.none, Int?.none, String?.none)
        switch machine.state {
        case .queued(let at): (state, available) = ("queued", at)
        case .leased(let holder, let until): (state, owner, expires) = ("leased", holder, until)
        case .done: state = "done"
        case .dead(let words): (state, reason) = ("dead", words)
        }
        try tx.execute(
            """
            UPDATE queue SET state = ?, attempts = ?, available_at = ?, lease_owner = ?, lease_expires_at = ?,
                reason = ? WHERE job_id = ?
            """, state, machine.attempts, available, owner, expires, reason, jobID)
    }
}
