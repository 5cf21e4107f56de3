import Glibc
import TestSupport
import Testing

@testable import Secrets

@Suite struct PrimitiveTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func `SHA-256 gives the published hashes`(text: String, hex: String) {
        #expect(SHA256.hex(Array(text.utf8)) == hex)
    }

    @Test(arguments: ["0", "zz", "0g"]) func `hex refuses what is none`(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func `constant-time comparison compares everything`() {
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([1, 2], [1, 2, 3]))
        #expect(ConstantTime.equal("", ""))
    }

    /// The example of the ULID specification.
    @Test func `a ULID encodes its time and its random bytes`() {
        let ulid = ULID.make(milliseconds: 1_469_918_176_385, random: [UInt8](repeating: 0, count: 10))
        #expect(ulid == "01ARYZ6S410000000000000000")
        #expect(ULID.isValid(ulid))
        #expect(ULID.milliseconds(of: ulid) == 1_469_918_176_385)
        #expect(ULID.milliseconds(of: "x") == nil)
        #expect(ULID.isValid(ULID.make()))
        #expect(ULID.make() != ULID.make())
    }

    @Test(arguments: ["", "01ARYZ6S41000000000000000", "81ARYZ6S410000000000000000", "01aryz6s410000000000000000"])
    func `what is no ULID is refused`(text: String) {
        #expect(!ULID.isValid(text))
    }
}

@Suite struct TokenKeyTests {
    @Test func `the first start makes a key that later starts read`() throws {
        try TemporaryFolder.with { folder in
            let first = try TokenKey.load(orCreate: folder + "/token.key")
            #expect(try TokenKey.load(orCreate: folder + "/token.key") == first)
            var status = stat()
            #expect(stat(folder + "/token.key", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func `a key that others may read is refused with the way out`() throws {
        try TemporaryFolder.with { folder in
            _ = try TokenKey.load(orCreate: folder + "/token.key")
            chmod(folder + "/token.key", 0o644)
            let failure = #expect(throws: TokenKey.Failure.self) { try TokenKey.load(orCreate: folder + "/token.key") }
            #expect(failure?.description.contains("chmod 600") == true)
        }
    }

    @Test func `a missing folder is an error with its reason`() {
        #expect(throws: TokenKey.Failure.self) { try TokenKey.load(orCreate: "/nonexistent/token.key") }
    }
}
