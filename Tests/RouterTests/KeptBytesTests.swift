import Testing

@testable import Router

struct KeptBytesTests {
    /// What is there once it has been emptied: to ask for no room changes nothing.
    private func kept(after sizes: [Int]) -> Int {
        var bytes = KeptBytes()
        defer { bytes.release() }
        for size in sizes {
            [UInt8](repeating: 7, count: size).withUnsafeBytes { bytes.append($0) }
            #expect(bytes.count == size)
            bytes.clear()
        }
        return bytes.room(for: 0).count
    }

    @Test(arguments: [1, 512, 1024, 1500, 2048, 2049, 3000, 4096])
    func `memory that most requests need stays, whatever came before`(size: Int) {
        #expect(kept(after: [size]) >= size)
        #expect(kept(after: [100, size]) >= size)
    }

    @Test func `memory beyond that is given back`() {
        #expect(kept(after: [4097]) == 0)
        #expect(kept(after: [100, 4097]) == 0)
    }
}
