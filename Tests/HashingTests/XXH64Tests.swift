import Hashing
import Testing

/// `(length, seed, expected)` over the bytes `(i × 131 + 7) mod 256`, computed with PyPI's xxhash 3 (the reference C
/// code).
private let vectors: [(Int, UInt64, UInt64)] = [
    (3, 0, 0xbed4_3740_ee63_32bb), (3, 2_654_435_761, 0x00b7_7b48_5431_ce5d),
    (4, 0, 0xfa21_2ae4_4b3b_b23d), (4, 2_654_435_761, 0x6049_2c4b_fcb7_0cac),
    (7, 0, 0x2744_460d_d675_d2c0), (7, 2_654_435_761, 0xcdf8_3b72_9545_b016),
    (8, 0, 0x994b_676b_71ce_94dd), (8, 2_654_435_761, 0xf424_edeb_fea8_d23f),
    (15, 0, 0x09e6_451e_d2ff_8b1d), (15, 2_654_435_761, 0xc812_576b_9fd2_96ee),
    (31, 0, 0x6711_d55e_306b_5d8f), (31, 2_654_435_761, 0xfa12_59cc_8b20_eb58),
    (32, 0, 0x07f7_b8e3_bc5d_6e25), (32, 2_654_435_761, 0x920f_3e10_a5db_09c6),
    (33, 0, 0x09f8_5eeb_4e1c_be9f), (33, 2_654_435_761, 0x3d80_5e87_12cb_4890),
    (63, 0, 0xb7c9_968c_066c_b6a5), (63, 2_654_435_761, 0x184b_c509_7530_bb9a),
    (64, 0, 0x50d4_159a_0411_632e), (64, 2_654_435_761, 0x9466_7e10_d68b_3991),
    (65, 0, 0xd277_176b_ff86_3efc), (65, 2_654_435_761, 0xe181_e4d7_3691_5eb4),
    (100, 0, 0x9dda_da11_d3dc_2d8f), (100, 2_654_435_761, 0x5766_be67_82b9_6389),
    (255, 0, 0x15a6_db05_d4e8_3df4), (255, 2_654_435_761, 0x9936_5070_f4f2_2bf9),
    (300, 0, 0xc68e_7ef3_9b5c_a10e), (300, 2_654_435_761, 0x6ca8_e717_ab08_3d31),
]

private func sample(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 131 + 7) } }

@Suite struct XXH64Tests {
    @Test(arguments: [
        ("", 0xEF46_DB37_51D8_E999 as UInt64), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
    ])
    func `the published vectors hold`(text: String, expected: UInt64) {
        #expect(XXH64.hash(text) == expected)
    }

    @Test(arguments: vectors)
    func `the vectors of the reference implementation hold`(length: Int, seed: UInt64, expected: UInt64) {
        sample(length).withUnsafeBytes { #expect(XXH64.hash($0, seed: seed) == expected) }
    }

    @Test func `every split gives the same hash`() {
        let bytes = sample(130)
        bytes.withUnsafeBytes { all in
            let whole = XXH64.hash(all)
            for split in 0...bytes.count {
                var state = XXH64()
                state.update(UnsafeRawBufferPointer(rebasing: all[..<split]))
                state.update(UnsafeRawBufferPointer(rebasing: all[split...]))
                #expect(state.finish() == whole, "split at \(split)")
            }
        }
    }

    @Test func `salted state is reused for every key`() {
        var salted = XXH64()
        salted.update("a salt of more than thirty-two bytes, absorbed once")
        for key in ["", "user-1", "user-2"] {
            var state = salted
            state.update(key)
            #expect(state.finish() == XXH64.hash("a salt of more than thirty-two bytes, absorbed once" + key))
        }
    }
}
