import ServiceKit
import Testing

struct FairQueueTests {
    @Test func `accounts are served in turn`() {
        var queue = FairQueue<String>()
        for number in 1...4 { queue.append("alice \(number)", of: "alice") }
        queue.append("bob 1", of: "bob")
        queue.append("carol 1", of: "carol")
        queue.append("bob 2", of: "bob")
        #expect(queue.count == 7)
        var served: [String] = []
        while let item = queue.next() { served.append(item) }
        #expect(served == ["alice 1", "bob 1", "carol 1", "alice 2", "bob 2", "alice 3", "alice 4"])
        #expect(queue.count == 0)
    }

    @Test func `a late account waits for one item of each other`() {
        var queue = FairQueue<String>()
        for number in 0..<1_000 { queue.append("alice \(number)", of: "alice") }
        for _ in 0..<10 { _ = queue.next() }
        queue.append("bob", of: "bob")
        #expect(queue.next() == "alice 10")
        #expect(queue.next() == "bob")
        #expect(queue.next() == "alice 11")
    }

    /// Whatever the order of events: nothing is lost or doubled, an account's items keep their order, and between two
    /// items of one account no other account that waits is passed over.
    @Test(arguments: 0..<20) func `turns hold in any order of events`(seed: UInt64) {
        var state = seed &* 7_919 &+ 17
        func chance(_ count: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % count)
        }
        var queue = FairQueue<(account: String, number: Int)>()
        var appended: [String: Int] = [:]
        var taken: [String: Int] = [:]
        /// For each account with something waiting: how many others were served since its last turn, by account.
        var passed: [String: [String: Int]] = [:]
        for _ in 0..<3_000 {
            if chance(5) < 3 {
                let account = "account \(chance(6))"
                let number = appended[account, default: 0]
                queue.append((account, number), of: account)
                appended[account] = number + 1
                if passed[account] == nil { passed[account] = [:] }
            } else if let item = queue.next() {
                #expect(item.number == taken[item.account, default: 0])
                taken[item.account] = item.number + 1
                for other in passed.keys where other != item.account {
                    passed[other]?[item.account, default: 0] += 1
                    #expect(passed[other]?[item.account] ?? 0 <= 1)
                }
                passed[item.account] = appended[item.account] == taken[item.account] ? nil : [:]
            } else {
                #expect(appended == taken)
            }
        }
        while let item = queue.next() { taken[item.account, default: 0] += 1 }
        #expect(appended == taken)
        #expect(queue.count == 0)
    }
}
