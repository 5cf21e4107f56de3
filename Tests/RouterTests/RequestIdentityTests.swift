import Testing

@testable import Router

struct RequestIdentityTests {
    @Test(arguments: [
        (UInt64(0), "0000000000000000"), (.max, "ffffffffffffffff"), (0x0123_4567_89AB_CDEF, "0123456789abcdef"),
        (0x9A09_A90F_F000_0001, "9a09a90ff0000001"),
    ])
    func `an id is written in hexadecimal digits`(value: UInt64, expected: String) {
        let text = String(unsafeUninitializedCapacity: 16) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            RequestIdentity.writeHex(value, to: base)
            return 16
        }
        #expect(text == expected)
    }

    @Test func `an id is never zero and does not repeat`() {
        var random = LoopRandom(seed: (1, 2, 3, 4))
        var seen = Set<UInt64>()
        for _ in 0..<10_000 {
            let identity = RequestIdentity(random: &random)
            #expect(identity.low != 0)
            seen.insert(identity.high)
        }
        #expect(seen.count == 10_000)
    }
}
