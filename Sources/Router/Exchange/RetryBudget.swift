import Routing

/// Keeps retries below a share of the traffic, so that a failing upstream is not buried under repeats of itself.
///
/// A bucket in hundredths of a request: every first attempt puts `percent` hundredths in, every retry takes 100 out.
/// It starts full, so a quiet router may still retry, and it holds at most `burst` retries.
struct RetryBudget: Equatable {
    /// Retries per hundred requests.
    var percent: Int32
    private let capacity: Int32
    private var hundredths: Int32

    init(percent: Int32 = RetryPolicy.standard.budget.ticks / 10_000, burst: Int32 = 64) {
        self.percent = percent
        capacity = burst * 100
        hundredths = burst * 100
    }

    mutating func requestStarted() { hundredths = min(capacity, hundredths + percent) }

    /// Takes one retry out; false when the budget is spent.
    mutating func take() -> Bool {
        guard hundredths >= 100 else { return false }
        hundredths -= 100
        return true
    }
}
