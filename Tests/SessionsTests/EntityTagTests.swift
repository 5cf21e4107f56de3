import Sessions
import Testing

struct EntityTagTests {
    @Test func `equal documents have equal tags`() {
        #expect(EntityTag.of([1, 2]) == EntityTag.of([1, 2]))
        #expect(EntityTag.of([1, 2]) != EntityTag.of([2, 1]))
        #expect(EntityTag.of([]).utf8.count == 32)
    }

    @Test(arguments: [
        (nil, true), ("*", true), (#""t""#, true), (#""a", "t""#, true), (#""a""#, false), ("t", false), ("", false),
    ])
    func `a condition holds for its tag`(condition: String?, holds: Bool) {
        #expect(EntityTag.holds(condition, for: "t") == holds)
    }
}
