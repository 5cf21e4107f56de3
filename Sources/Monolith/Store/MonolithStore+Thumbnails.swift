import SQLite

extension MonolithStore {
    /// What is known about the small copy of a picture.
    enum ThumbnailState: Sendable, Equatable {
        case made(ThumbnailRecord)
        /// The picture cannot be read: there will never be one.
        case impossible
        /// The copy was not made yet; `hasPicture` says whether the picture's bytes are here.
        case absent(hasPicture: Bool)
    }

    func thumbnail(of sha256: String) throws -> ThumbnailState {
        try database.read { tx in
            let found: ThumbnailRecord?? = try tx.first(
                "SELECT sha256, format, bytes FROM thumbnails WHERE picture_sha256 = ?", sha256
            ) { row in
                row.optionalText(0).map { ThumbnailRecord(sha256: $0, format: row.text(1), bytes: row.blob(2)) }
            }
            switch found {
            case .some(.some(let thumbnail)): return .made(thumbnail)
            case .some(.none): return .impossible
            case .none:
                let hasPicture = try tx.int("SELECT 1 FROM blobs WHERE sha256 = ?", sha256) != nil
                return .absent(hasPicture: hasPicture)
            }
        }
    }

    /// `nil` when none can be made of these bytes.
    func keepThumbnail(_ thumbnail: ThumbnailRecord?, of sha256: String) throws {
        try database.write { try Self.keep(thumbnail, of: sha256, $0) }
    }

    static func keep(_ thumbnail: ThumbnailRecord?, of sha256: String, _ tx: DatabaseConnection) throws {
        try tx.execute(
            """
            INSERT INTO thumbnails(picture_sha256, sha256, format, bytes) VALUES(?, ?, ?, ?)
            ON CONFLICT(picture_sha256) DO NOTHING
            """, sha256, thumbnail?.sha256, thumbnail?.format, thumbnail?.bytes)
    }
}
