import CSodium

/// How dear a password hash is. The default is the least that OWASP recommends for argon2id: 19,456 KiB, two
/// passes, one lane.
package struct PasswordCost: Sendable, Equatable {
    package var memoryKiB: Int
    package var passes: Int

    package init(memoryKiB: Int = 19_456, passes: Int = 2) {
        self.memoryKiB = memoryKiB
        self.passes = passes
    }
}

/// An argon2id password hash in its PHC string form (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`), with the parameters
/// that its text names checked before any memory is spent on it.
package struct PasswordHash: Sendable, Equatable {
    /// What is stored and replicated, byte for byte.
    package let text: String
    package let cost: PasswordCost

    /// A row must not be able to make a login cost gigabytes.
    private static let dearest = PasswordCost(memoryKiB: 262_144, passes: 16)

    /// Reads a stored hash; nil when it is not argon2id v19 with one lane, or costs more than we are ready to pay.
    package init?(_ text: String) {
        guard text.utf8.count < Int(crypto_pwhash_STRBYTES) else { return nil }
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19" else { return nil }
        let numbers = parts[3].split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == 3, let memory = Self.number(numbers[0], named: "m="),
            let passes = Self.number(numbers[1], named: "t="), Self.number(numbers[2], named: "p=") == 1,
            memory >= 8, memory <= Self.dearest.memoryKiB, passes >= 1, passes <= Self.dearest.passes,
            !parts[4].isEmpty, !parts[5].isEmpty
        else { return nil }
        self.text = text
        self.cost = PasswordCost(memoryKiB: memory, passes: passes)
    }

    private init(made text: String, cost: PasswordCost) {
        self.text = text
        self.cost = cost
    }

    private static func number(_ field: Substring, named name: String) -> Int? {
        guard field.hasPrefix(name) else { return nil }
        let digits = field.dropFirst(name.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(digits)
    }

    /// Hashes with a fresh salt of 16 bytes. Takes `cost.memoryKiB` of memory and some 20 ms: call it on a bounded
    /// worker, never on a loop. Nil when that memory cannot be had.
    package static func make(password: String, cost: PasswordCost = PasswordCost()) -> PasswordHash? {
        Sodium.ready()
        var out = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let secret = Array(password.utf8CString)
        let made = crypto_pwhash_str_alg(
            &out, secret, UInt64(secret.count - 1), UInt64(cost.passes), cost.memoryKiB * 1024,
            crypto_pwhash_ALG_ARGON2ID13)
        guard made == 0 else { return nil }
        let end = out.firstIndex(of: 0) ?? out.endIndex
        return PasswordHash(made: String(decoding: out[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self), cost: cost)
    }

    /// Costs as much as `make`. Returns false also when the memory cannot be had.
    package func verify(_ password: String) -> Bool {
        Sodium.ready()
        let secret = Array(password.utf8CString)
        return crypto_pwhash_str_verify(text, secret, UInt64(secret.count - 1)) == 0
    }

    /// True when a login should replace this hash by one of today's cost.
    package func needsRehash(to cost: PasswordCost = PasswordCost()) -> Bool {
        self.cost.memoryKiB < cost.memoryKiB || self.cost.passes < cost.passes
    }
}
