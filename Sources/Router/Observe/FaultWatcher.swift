import EventLoop
import Routing

/// Tells when a side's responses become of no use, and when they are well again. Sleeps while none is; confined to its
/// loop.
final class FaultWatcher: Timed {
    private struct Raised {
        let route: String
        let side: Side
        let state: SideState
    }

    private var raised: [Raised] = []
    private let report: (WorkerEvent) -> Void

    init(loop: Loop, report: @escaping (WorkerEvent) -> Void) {
        self.report = report
        super.init(loop: loop)
    }

    /// The alarm of a side went off.
    func raised(_ route: LoopRoute, _ side: Side, _ state: SideState) {
        raised.append(Raised(route: route.id, side: side, state: state))
        report(.faults(route: route.id, side: side, figures: figures(state), isRaised: true))
        if raised.count == 1 { setDeadline(loop.now + .milliseconds(1000)) }
    }

    private var now: Int64 { loop.now.milliseconds }

    private func figures(_ state: SideState) -> FaultWindow.Figures {
        state.alarm.window.figures(now: now, total: state.counters.responses.total)
    }

    override func deadlineReached() {
        raised.removeAll { entry in
            guard entry.state.alarm.isOver(now: now, total: entry.state.counters.responses.total) else { return false }
            report(
                .faults(route: entry.route, side: entry.side, figures: figures(entry.state), isRaised: false))
            return true
        }
        if !raised.isEmpty { setDeadline(loop.now + .milliseconds(1000)) }
    }
}
