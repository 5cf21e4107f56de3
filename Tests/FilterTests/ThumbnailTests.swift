import Imaging
import SQLite
import Secrets
import TestSupport
import Testing

@testable import Filter

/// Thumbnails of pictures that came without one.
@Suite struct ThumbnailTests {
    private func withStore(_ body: (FilterStore, FilterWorker) throws -> Void) throws {
        try TemporaryFolder.with { folder in
            let store = try FilterStore(path: folder + "/filter.db")
            try body(store, FilterWorker(store: store, queue: JobQueue(store: store), name: "test"))
        }
    }

    /// A row as the copy of another side's table brings it: bytes alone.
    private func carry(_ bytes: [UInt8], to store: FilterStore) throws -> String {
        let sha256 = SHA256.hex(bytes)
        try store.database.write { try FilterStore.keep(bytes, under: sha256, $0) }
        return sha256
    }

    @Test func `a worker makes what was asked for`() throws {
        try withStore { store, worker in
            let bytes = try ImageCodec.encode(Bitmap(width: 640, height: 4, filledWith: (9, 99, 199, 255)), as: .png)
            let sha256 = try carry(bytes, to: store)
            #expect(try store.thumbnail(of: sha256) == .absent(hasPicture: true))
            #expect(try worker.makeThumbnail() == false)
            for _ in 0..<3 { try store.wantThumbnail(of: sha256) }
            #expect(try worker.makeThumbnail())
            #expect(try worker.makeThumbnail() == false)
            guard case .made(let small) = try store.thumbnail(of: sha256) else {
                Issue.record("not made")
                return
            }
            #expect(small.format == "jpeg")
            #expect(try ImageCodec.header(of: small.bytes).width == 320)
            #expect(small.sha256 == SHA256.hex(small.bytes))
        }
    }

    @Test func `what is no picture is said to have none`() throws {
        try withStore { store, worker in
            let sha256 = try carry([1, 2, 3], to: store)
            try store.wantThumbnail(of: sha256)
            #expect(try worker.makeThumbnail())
            #expect(try store.thumbnail(of: sha256) == .impossible)
            try store.wantThumbnail(of: sha256)
            #expect(try worker.makeThumbnail() == false)
        }
    }

    @Test func `a picture that ends its workers is given up`() throws {
        try withStore { store, _ in
            let sha256 = try carry([1, 2, 3], to: store)
            try store.wantThumbnail(of: sha256)
            var now = 1_000
            for _ in 0..<3 {
                #expect(try store.claimThumbnail(now: now) == sha256)
                #expect(try store.claimThumbnail(now: now + 59_999) == nil)
                now += 60_000
            }
            #expect(try store.claimThumbnail(now: now) == nil)
            #expect(try store.thumbnail(of: sha256) == .impossible)
        }
    }

    @Test func `one that is made after all is kept`() throws {
        try withStore { store, _ in
            let sha256 = try carry([1, 2, 3], to: store)
            try store.keepThumbnail(nil, of: sha256)
            #expect(try store.thumbnail(of: sha256) == .impossible)
            let small = FilterStore.Small(sha256: "s", format: "png", bytes: [4])
            try store.keepThumbnail(small, of: sha256)
            #expect(try store.thumbnail(of: sha256) == .made(small))
            try store.keepThumbnail(nil, of: sha256)
            #expect(try store.thumbnail(of: sha256) == .made(small))
        }
    }

    @Test func `bytes that have not arrived are said not to be here`() throws {
        try withStore { store, _ in
            let state = try store.thumbnail(of: "none")
            #expect(state == .absent(hasPicture: false))
        }
    }
}
