import HTTP
import Routing
import TestSupport
import Testing

/// The wire's normal form of a path and the one in which the configuration is compared are one form.
struct MatchedPathTests {
    private func matched(_ target: [UInt8], keepsEscapedSlashes: Bool) -> (forwarded: [UInt8], matched: [UInt8])? {
        var buffer = [UInt8](repeating: 0, count: TargetNormaliser.room(for: target.count))
        return target.withUnsafeBytes { target in
            buffer.withUnsafeMutableBytes { buffer in
                let normaliser = TargetNormaliser(keepsEscapedSlashes: keepsEscapedSlashes)
                guard case .success(let read) = normaliser.read(target, into: buffer) else { return nil }
                return (Array(read.forwardedPath), Array(read.path))
            }
        }
    }

    @Test func `what is matched is the compared form of what is forwarded`() {
        var random = SplitMix(seed: 19)
        let pieces: [[UInt8]] =
            [
                "/", "/", ".", "..", "%2e", "%41", "%20", "%7B", "{", "[", "|", "\"", "%25", "%2f", "%5c", "%C3%a9",
                "%0a", ";", "a",
            ]
            .map { Array($0.utf8) } + [[0xC3, 0xA9], [0xE4]]
        var seen = 0
        for _ in 0..<20_000 {
            var target: [UInt8] = [0x2F]
            for _ in 0..<Int.random(in: 0..<9, using: &random) {
                target += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            guard let read = matched(target, keepsEscapedSlashes: Bool.random(using: &random)) else { continue }
            seen += 1
            var output = [UInt8](repeating: 0, count: read.forwarded.count * ComparedPath.growth)
            let count = output.withUnsafeMutableBytes { output in
                read.forwarded.withUnsafeBytes { ComparedPath.write($0, into: output) ?? 0 }
            }
            #expect(Array(output[..<count]) == read.matched, "\(String(decoding: target, as: UTF8.self))")
        }
        #expect(seen > 5000)
    }
}
