/// Which identifier of the left side stands for which of the right: a bijection that grows as answers are compared and
/// must hold within a response and across a whole run. Equal identifiers are a special case, so the same rules serve
/// two sides that made their own ids and two sides that share them.
package struct IdentityMap: Sendable {
    private struct Key: Hashable {
        var space: ExactText
        var id: ExactText
    }

    private var rightOfLeft: [Key: ExactText] = [:]
    private var leftOfRight: [Key: ExactText] = [:]
    /// Pairs in the order they were made, so that a trial can be taken back.
    private var log: [(left: Key, right: Key)] = []

    package init() {}

    enum Pairing: Equatable {
        /// Known, or new and now known.
        case consistent
        /// The left one stood for this other right one.
        case leftStandsFor(String)
        /// The right one stood for this other left one.
        case rightStandsFor(String)
    }

    /// Pairs the two or tells what contradicts it.
    mutating func pair(_ left: String, _ right: String, space: String) -> Pairing {
        let leftKey = Key(space: ExactText(space), id: ExactText(left))
        let rightKey = Key(space: ExactText(space), id: ExactText(right))
        if let known = rightOfLeft[leftKey] {
            return known == rightKey.id ? .consistent : .leftStandsFor(known.string)
        }
        if let known = leftOfRight[rightKey] { return .rightStandsFor(known.string) }
        rightOfLeft[leftKey] = rightKey.id
        leftOfRight[rightKey] = leftKey.id
        log.append((leftKey, rightKey))
        return .consistent
    }

    /// The identity on the right that `left` is known to stand for.
    func right(of left: String, space: String) -> String? {
        rightOfLeft[Key(space: ExactText(space), id: ExactText(left))]?.string
    }

    /// Whether `right` is known as the counterpart of an identifier.
    func isKnown(right: String, space: String) -> Bool {
        leftOfRight[Key(space: ExactText(space), id: ExactText(right))] != nil
    }

    /// The number of pairs made so far, to which a trial can be taken back.
    var mark: Int { log.count }

    /// Forgets every pair made after `mark`.
    mutating func rollBack(to mark: Int) {
        while log.count > mark, let last = log.popLast() {
            rightOfLeft[last.left] = nil
            leftOfRight[last.right] = nil
        }
    }
}
