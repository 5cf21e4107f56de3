import CSodium

/// Random bytes of the system's generator (`getrandom` behind libsodium); safe from any thread.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.ready()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            if let base = buffer.baseAddress { randombytes_buf(base, count) }
            initialised = count
        }
    }

    /// A number in `0 ..< bound` without modulo bias; 0 when `bound` is 0 or 1.
    package static func number(below bound: UInt32) -> UInt32 {
        Sodium.ready()
        return randombytes_uniform(bound)
    }
}
