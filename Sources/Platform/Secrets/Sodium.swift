import CSodium

/// The only access to libsodium: every type of this module initialises the library here before it calls.
///
/// `sodium_init` is idempotent and thread-safe; a library that cannot start (no random source) leaves nothing that
/// could be done safely, so that is a stop and not an error.
enum Sodium {
    private static let started: Bool = sodium_init() >= 0

    static func ready() {
        precondition(started, "libsodium could not start: the system has no source of random bytes")
    }
}
