import Testing

@testable import Secrets

@Suite struct PasswordHashTests {
    /// Cheap on purpose: what is tested is the form, not the price.
    private let cheap = PasswordCost(memoryKiB: 8, passes: 1)

    @Test func `a hash holds for its password and no other`() throws {
        let hash = try #require(PasswordHash.make(password: "correct horse", cost: cheap))
        #expect(hash.verify("correct horse"))
        #expect(!hash.verify("correct horsf"))
        #expect(!hash.verify(""))
    }

    @Test func `the default cost is written into the PHC string`() throws {
        let hash = try #require(PasswordHash.make(password: "pässwort"))
        #expect(hash.text.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        let read = try #require(PasswordHash(hash.text))
        #expect(read == hash)
        #expect(read.verify("pässwort"))
        #expect(!read.needsRehash())
    }

    @Test func `a cheaper hash wants to be made anew`() throws {
        let hash = try #require(PasswordHash.make(password: "x", cost: cheap))
        #expect(hash.needsRehash())
        #expect(!hash.needsRehash(to: cheap))
    }

    @Test(arguments: [
        "", "$", "$$$$$", "plain text", "$argon2i$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
        "$argon2id$v=16$m=19456,t=2,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=99999999,t=2,p=1$c2FsdA$aGFzaA",
        "$argon2id$v=19$m=19456,t=99,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=19456,t=2,p=4$c2FsdA$aGFzaA",
        "$argon2id$v=19$m=+19456,t=2,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$t=2,m=19456,p=1$c2FsdA$aGFzaA",
        "$argon2id$v=19$m=99999999999999999999,t=2,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=19456,t=2,p=1$$",
    ])
    func `text that is no affordable hash is refused`(text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test func `a well-formed hash of nonsense holds for nothing`() throws {
        let hash = try #require(PasswordHash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA"))
        #expect(!hash.verify("anything"))
    }
}
