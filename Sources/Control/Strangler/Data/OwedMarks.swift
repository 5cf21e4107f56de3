/// The marks of one router that its agent still owes an answer: of each group those since the last answer, at most
/// eight. Beyond, the newest takes the place of the one before it, so that a group that is slow answers in the end.
///
/// A mark is answered when the group's target has everything that was committed before the mark was heard of. No clock
/// of the router's is compared with one of ours: the mark was made before the moment at which it was heard, on any
/// clock.
struct OwedMarks {
    private var owed: [String: [(mark: String, heardAt: Int)]] = [:]
    static let limit = 8

    /// - Parameter now: read after the response that brought it.
    mutating func heard(_ mark: String, of groups: [String], at now: Int) {
        guard !mark.isEmpty else { return }
        for group in groups {
            if owed[group, default: []].count == Self.limit { owed[group]?.removeLast() }
            owed[group, default: []].append((mark, now))
        }
    }

    /// By group: the newest mark up to which its target has everything.
    ///
    /// - Parameter complete: up to which moment a group's target has everything.
    func answers(_ complete: (String) -> Int?) -> [String: String] {
        var answers: [String: String] = [:]
        for (group, marks) in owed {
            guard let moment = complete(group) else { continue }
            answers[group] = marks.last { $0.heardAt <= moment }?.mark
        }
        return answers
    }

    /// Whether each of the groups has everything up to the newest mark.
    func areDue(_ groups: [String], _ complete: (String) -> Int?) -> Bool {
        groups.allSatisfy { group in
            guard let newest = owed[group]?.last else { return true }
            return complete(group).map { $0 >= newest.heardAt } ?? false
        }
    }

    /// The router has taken these.
    mutating func told(_ marks: [String: String]) {
        for (group, mark) in marks {
            guard let place = owed[group]?.lastIndex(where: { $0.mark == mark }) else { continue }
            owed[group]?.removeFirst(place + 1)
        }
    }
}
