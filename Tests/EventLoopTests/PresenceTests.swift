import EventLoop
import Testing

struct PresenceTests {
    private final class Owner {
        private(set) lazy var presence = Presence(of: self)
        deinit { presence.end() }
    }

    @Test func `it leads to the object while that lives, and to nothing afterwards`() {
        var owner: Owner? = Owner()
        let presence = owner?.presence
        #expect(presence?.object === owner)
        owner = nil
        #expect(presence?.object == nil)
    }
}
