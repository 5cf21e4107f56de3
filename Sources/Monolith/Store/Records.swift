/// A row of `users`.
struct UserRecord: Sendable, Equatable {
    var id: String
    var email: String
    /// PHC string.
    var password: String
    var displayName: String
    var createdAt: String
}

/// A row of `sessions`.
struct SessionRecord: Sendable, Equatable {
    var id: String
    var userID: String
    /// SHA-256 of the token, hexadecimal; the token itself is not stored.
    var tokenHash: String
    var createdAt: String
    var expiresAt: String
    var revokedAt: String?
}

/// A row of `profiles`.
struct ProfileRecord: Sendable, Equatable {
    var userID: String
    var displayName: String
    var bio: String
    var links: [String]
    var avatarImageID: String?
    var createdAt: String
    var updatedAt: String
}

/// A row of `images`, without its bytes.
struct ImageRecord: Sendable, Equatable {
    /// The newest finished job over this picture.
    struct Result: Sendable, Equatable {
        var jobID: String
        var filter: String
        var sha256: String
        var format: String
        var finishedAt: String
    }
    var id: String
    var userID: String
    var sha256: String
    var format: String
    var width: Int
    var height: Int
    var bytes: Int
    var createdAt: String
    var result: Result?
}

/// A row of `thumbnails` that holds one.
struct ThumbnailRecord: Sendable, Equatable {
    /// The digest of `bytes`.
    var sha256: String
    var format: String
    var bytes: [UInt8]
}

/// A row of `jobs`.
struct JobRecord: Sendable, Equatable {
    enum State: String, Sendable { case queued, running, done, failed }
    var id: String
    var imageID: String
    var userID: String
    var filter: String
    /// A JSON object with every parameter of the filter.
    var parameters: String
    /// The format of the result: `png` or `jpeg`.
    var format: String
    var state: State
    var attempts: Int
    var error: String?
    var resultSHA256: String?
    var resultFormat: String?
    var createdAt: String
    var updatedAt: String
    var finishedAt: String?
}
