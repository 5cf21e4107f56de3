import EventLoop
import Routing

/// How the agent's reports end the waiting of reads.
extension RouterProcess {
    /// Takes the word of an agent that a follower has everything up to a mark. Marks of another process, and of the
    /// future, are nobody's; rows that are being copied or cannot be carried are not everything.
    /// - Parameter index: of the context.
    func confirmWrites(_ index: Int, _ group: DataReport.Group) {
        guard let table = store.current, table.writePlan.contexts[index].isOn else { return }
        let follower = writes.follower(table.document.contexts[index].name)
        follower.agentReported()
        guard case .running = group.state, let mark = group.asOf, mark.process == writes.recent.process,
            mark.nanoseconds <= loop.readClock().nanoseconds
        else { return }
        follower.confirm(mark.nanoseconds)
    }

    /// The contexts that a report is about and whose reads, or copies, wait for writes.
    func followers(of report: DataReport) -> [AwaitedFollower] {
        guard let table = store.current else { return [] }
        return report.groups.flatMap { group in
            contexts(of: group.name, in: table.document).compactMap { index in
                guard table.writePlan.contexts[index].isAwaited else { return nil }
                let context = table.document.contexts[index]
                return AwaitedFollower(
                    group: group.name, recent: writes.recent, follower: writes.follower(context.name),
                    maxLag: Moment.Span(context.watch.maxLag).nanoseconds)
            }
        }
    }
}

/// A follower whose word about the writes to one context may be waited for.
struct AwaitedFollower {
    let group: String
    let recent: RecentWrites
    let follower: Follower
    let maxLag: UInt64

    func isAwaited(now: UInt64) -> Bool { !follower.wait(maxLag: maxLag, now: now).isOver(for: recent.newest) }
}
