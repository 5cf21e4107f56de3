import TestSupport
import Testing

@testable import Router

struct RouterMomentTests {
    private func read(_ text: String) -> RouterMoment? {
        Array(text.utf8).withUnsafeBytes { RouterMoment($0) }
    }

    @Test func `what is written is read again`() {
        var random = SplitMix(seed: 44)
        var moments = [(UInt64(0), UInt64(0)), (.max, .max)]
        for _ in 0..<200 { moments.append((random.next(), random.next() >> random.next() % 64)) }
        for (process, nanoseconds) in moments {
            let moment = RouterMoment(process: process, nanoseconds: nanoseconds)
            #expect(read(moment.text) == moment)
            #expect(moment.text.utf8.count == RouterMoment.length)
        }
    }

    @Test(arguments: [
        "", "1", "1-0123456789abcdef-0123456789abcde", "1-0123456789abcdef-0123456789abcdef0",
        "2-0123456789abcdef-0123456789abcdef", "1_0123456789abcdef-0123456789abcdef",
        "1-0123456789abcdef_0123456789abcdef", "1-0123456789abcdeF-0123456789abcdef",
        "1-0123456789abcdef-0123456789abcdeg", "1-0123456789abc ef-0123456789abcdef",
        "1----------------------------------",
    ])
    func `any other text is none`(_ text: String) {
        #expect(read(text) == nil)
    }
}
