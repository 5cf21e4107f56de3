import EventLoop
private import Synchronization

/// The connections that all loops of a process may have open to one address.
///
/// A loop takes one from the count when it opens a connection and gives it back when it closes it; requests on open
/// connections do not come here. Only when all are taken do loops speak to each other: one that wants a connection
/// stands in a line, the others close what they have idle, and one that has more than its share closes what it gives
/// back, until the line is empty. So one loop may use the whole limit while the others are quiet, and none is starved
/// when they are not.
package final class ConnectionLimiter: Sendable {
    /// One loop's pool, as other loops may hold it.
    final class Member: @unchecked Sendable {
        // @unchecked: `presence` is touched on its loop only: inside `execute`, and when the pool ends.
        private let loop: Loop
        private let presence: Presence<UpstreamPool>

        init(_ pool: UpstreamPool) {
            loop = pool.loop
            presence = Presence(of: pool)
        }

        /// The pool is about to be no more.
        func end() { presence.end() }

        /// It may open one connection, which is counted already.
        func grant(from budget: ConnectionLimiter) {
            loop.execute { [self] in
                if let pool = presence.object { pool.granted() } else { budget.giveBack() }
            }
        }

        /// Another one wants what it can spare.
        func spare() { loop.execute { [self] in presence.object?.spare() } }
    }

    private struct Line {
        var members: [Member] = []
        /// Who wants one, the first first; and whether it has less than its share.
        var waiting: [(member: Member, isHungry: Bool)] = []
    }

    private let open: SharedLimit
    private let loops: Int
    private let line = Guarded(Line())
    /// As many as wait: looked at without the lock.
    private let waitingCount = Atomic<Int>(0)
    /// Of these: those with less than their share.
    private let hungryCount = Atomic<Int>(0)

    package init(_ limit: Int, loops: Int) {
        open = SharedLimit(limit)
        self.loops = max(1, loops)
    }

    package var limit: Int { open.limit }
    /// Open now, in all loops.
    package var count: Int { open.count }
    var hasRoom: Bool { open.hasRoom }
    /// What each loop may count on.
    var share: Int { max(1, limit / loops) }
    /// Some loop has less than its share, and wants a connection.
    var isPressed: Bool { hungryCount.load(ordering: .relaxed) > 0 }

    package func changeLimit(_ limit: Int) {
        open.limit = limit
        // There may be room now for those who wait.
        while waitingCount.load(ordering: .relaxed) > 0, take() { giveBack() }
    }

    func join(_ member: Member) { line.withLock { $0.members.append(member) } }

    func leave(_ member: Member) {
        line.withLock { line in
            line.members.removeAll { $0 === member }
            line.waiting.removeAll { $0.member === member }
            publish(line)
        }
    }

    /// `member` has no use for a connection any more.
    func withdraw(_ member: Member) {
        line.withLock { line in
            line.waiting.removeAll { $0.member === member }
            publish(line)
        }
    }

    func take() -> Bool { open.take() }

    /// A connection was closed: who waits gets it, else it may be opened by anybody.
    func giveBack() {
        if waitingCount.load(ordering: .relaxed) > 0, open.count <= open.limit, let next = first() {
            next.grant(from: self)
            return
        }
        open.giveBack()
        // One may have stood in line since, and looked for room before this one was free. Each side writes, then reads
        // what the other wrote (`want`): one of the two sees it.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        while waitingCount.load(ordering: .relaxed) > 0, open.take() {
            guard let next = first() else { return open.giveBack() }
            next.grant(from: self)
        }
    }

    /// Takes out who has stood in line the longest.
    private func first() -> Member? {
        line.withLock { line in
            guard !line.waiting.isEmpty else { return nil }
            let first = line.waiting.removeFirst()
            publish(line)
            return first.member
        }
    }

    /// `member` has none, found none, and stands in line. True when there is one after all.
    /// - Parameters:
    ///   - isHungry: it has less than its share.
    ///   - again: the others are asked even when it stands there already.
    func want(_ member: Member, isHungry: Bool, again: Bool) -> Bool {
        let others = line.withLock { line -> [Member] in
            if !line.waiting.contains(where: { $0.member === member }) {
                line.waiting.append((member, isHungry))
                publish(line)
            } else if !again {
                return []
            }
            return line.members.filter { $0 !== member }
        }
        // One may have been given back between; the fence is explained at `giveBack`.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if take() { return true }
        for other in others { other.spare() }
        return false
    }

    private func publish(_ line: borrowing Line) {
        waitingCount.store(line.waiting.count, ordering: .relaxed)
        hungryCount.store(line.waiting.count { $0.isHungry }, ordering: .relaxed)
    }
}
