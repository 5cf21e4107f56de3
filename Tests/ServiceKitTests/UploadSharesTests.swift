import ServiceKit
import Testing

struct UploadSharesTests {
    private static func limits(_ perAccount: Int, _ total: Int, _ bytes: Int) -> UploadShares.Limits {
        var limits = UploadShares.Limits()
        (limits.perAccount, limits.total, limits.bytes) = (perAccount, total, bytes)
        return limits
    }

    @Test func `an account has its share and others have theirs`() {
        var shares = UploadShares(limits: Self.limits(2, 3, 100))
        #expect(shares.begin("alice") == .admitted)
        #expect(shares.begin("alice") == .admitted)
        #expect(shares.begin("alice") == .shareIsUsed)
        #expect(shares.begin("bob") == .admitted)
        #expect(shares.begin("carol") == .noRoom)
        shares.end("alice", 0)
        #expect(shares.begin("carol") == .admitted)
        #expect(shares.begin("alice") == .noRoom)
    }

    @Test func `bytes are counted as they come`() {
        var shares = UploadShares(limits: Self.limits(2, 3, 100))
        #expect(shares.begin("alice") == .admitted)
        #expect(shares.arrived(60) == true)
        #expect(shares.begin("bob") == .admitted)
        #expect(shares.arrived(41) == false)
        #expect(shares.arrived(40) == true)
        #expect(shares.begin("carol") == .noRoom)
        shares.end("alice", 60)
        #expect(shares.arrived(60) == true)
        #expect(shares.arrived(.max) == false)
    }

    /// Whatever comes and goes: no more are admitted than may be, and when all have gone everything is free.
    @Test(arguments: 0..<20) func `limits hold in any order`(seed: UInt64) {
        var state = seed &* 6_151 &+ 3
        func chance(_ count: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % count)
        }
        var shares = UploadShares(limits: Self.limits(3, 8, 1_000))
        var open: [(account: String, bytes: Int)] = []
        for _ in 0..<2_000 {
            if chance(2) == 0 {
                let account = "account \(chance(5))"
                let mine = open.count { $0.account == account }
                let held = open.reduce(0) { $0 + $1.bytes }
                let expected: UploadShares.Admission =
                    mine == 3 ? .shareIsUsed : open.count == 8 || held >= 1_000 ? .noRoom : .admitted
                #expect(shares.begin(account) == expected)
                if expected == .admitted { open.append((account, 0)) }
            } else if !open.isEmpty {
                let place = chance(UInt64(open.count))
                if chance(3) == 0 {
                    let gone = open.remove(at: place)
                    shares.end(gone.account, gone.bytes)
                } else {
                    let count = chance(200)
                    let held = open.reduce(0) { $0 + $1.bytes }
                    let fits = shares.arrived(count)
                    #expect(fits == (held + count <= 1_000))
                    if fits { open[place].bytes += count }
                }
            }
        }
        for one in open { shares.end(one.account, one.bytes) }
        #expect(shares.arrived(1_000) == true)
    }
}
