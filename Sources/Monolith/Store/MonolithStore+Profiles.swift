import JSON
import SQLite

extension MonolithStore {
    func profile(of userID: String) throws -> ProfileRecord? {
        try database.read { try Self.profile(of: userID, $0) }
    }

    enum ProfileChange: Sendable, Equatable {
        case changed(ProfileRecord)
        case unknownUser
        /// The avatar is no picture of this user.
        case foreignAvatar
        /// The condition that the caller set does not hold for the profile as it is.
        case refused
    }

    /// Reads, checks and changes a profile in one transaction.
    func changeProfile(
        of userID: String, at time: String, if condition: (ProfileRecord) -> Bool,
        _ change: (inout ProfileRecord) -> Void
    ) throws -> ProfileChange {
        try database.write { tx in
            guard var profile = try Self.profile(of: userID, tx) else { return .unknownUser }
            guard condition(profile) else { return .refused }
            let before = profile
            change(&profile)
            guard profile != before else { return .changed(before) }
            if let avatar = profile.avatarImageID, avatar != before.avatarImageID {
                let owned = try tx.int("SELECT 1 FROM images WHERE id = ? AND user_id = ?", avatar, userID)
                guard owned != nil else { return .foreignAvatar }
            }
            profile.updatedAt = time
            var links = JSONWriter()
            links.array { writer in for link in profile.links { writer.string(link) } }
            try tx.execute(
                """
                UPDATE profiles SET display_name = ?, bio = ?, links = ?, avatar_image_id = ?, updated_at = ?
                WHERE user_id = ?
                """, profile.displayName, profile.bio, links.text, profile.avatarImageID, profile.updatedAt, userID)
            return .changed(profile)
        }
    }

    private static func profile(of userID: String, _ tx: DatabaseConnection) throws -> ProfileRecord? {
        try tx.first(
            """
            SELECT user_id, display_name, bio, links, avatar_image_id, created_at, updated_at FROM profiles
            WHERE user_id = ?
            """, userID
        ) { row in
            let links = try? JSONDocument(row.text(3)).root
            return ProfileRecord(
                userID: row.text(0), displayName: row.text(1), bio: row.text(2),
                links: links?.elements.compactMap(\.string) ?? [], avatarImageID: row.optionalText(4),
                createdAt: row.text(5), updatedAt: row.text(6))
        }
    }
}
