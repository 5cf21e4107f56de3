import Formats
import JSON

/// How rows look to a client. Every member is always present, null where there is nothing, in this order.
enum Representations {
    static func profile(_ profile: ProfileStore.Profile) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("id", profile.userID)
            $0.member("display_name", profile.displayName)
            $0.member("bio", profile.bio)
            $0.member("links", strings: profile.links)
            nullable(&$0, "avatar_image_id", profile.avatarImageID)
            nullable(&$0, "avatar_url", profile.avatarImageID.map { "/api/images/\($0)" })
            $0.member("created_at", profile.createdAt.description)
            $0.member("updated_at", profile.updatedAt.description)
        }
        return json.bytes
    }

    static func write(_ image: ProfileStore.Picture, _ json: inout JSONWriter) {
        json.object {
            $0.member("id", image.id)
            $0.member("owner_id", image.userID)
            $0.member("url", "/api/images/\(image.id)")
            $0.member("format", image.format)
            $0.member("width", image.width)
            $0.member("height", image.height)
            $0.member("bytes", image.bytes)
            $0.member("created_at", image.createdAt)
            $0.name("result")
            guard let result = image.result else { return $0.null() }
            $0.object {
                $0.member("job_id", result.jobID)
                $0.member("filter", result.filter)
                $0.member("format", result.format)
                $0.member("url", "/api/images/\(image.id)/result?job=\(result.jobID)")
                $0.member("finished_at", result.finishedAt)
            }
        }
    }

    private static func nullable(_ json: inout JSONWriter, _ name: String, _ value: String?) {
        json.name(name)
        if let value { json.string(value) } else { json.null() }
    }
}
