import Formats
import HTTP
import JSON
import Secrets
import ServiceKit
import Telemetry

/// Profiles: everybody reads, each user changes their own.
final class ProfileRoutes: Sendable {
    private let store: MonolithStore
    private let desk: SessionDesk
    private let storage: WorkerPool
    private static let editable = ["display_name", "bio", "links", "avatar_image_id"]

    init(store: MonolithStore, desk: SessionDesk, storage: WorkerPool) {
        self.store = store
        self.desk = desk
        self.storage = storage
    }

    func add(to app: inout ServiceApp) {
        app.on(.get, "/api/profiles/{id}") { try await self.show($0) }
        app.on(.patch, "/api/profiles/{id}") { try await self.change($0) }
        app.on(.get, "/api/profiles/{id}/images") { try await self.gallery($0) }
    }

    private func show(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        guard let profile = try await storage.run({ [store] in try store.profile(of: id) }) else {
            throw Problem.notFound("there is no profile with this id")
        }
        return EntityTag.document(Representations.profile(profile), for: request)
    }

    /// A merge patch (RFC 7396) of the four editable members.
    private func change(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        let visitor = try await desk.visitor(of: request)
        guard visitor.userID == id else { throw Problem.forbidden("a profile is changed by its user alone") }
        let root = try await AccountInput.document(
            of: request, known: ["display_name", "bio", "links", "avatar_image_id"])
        let patch = try Patch(root)
        let condition = request.fields["if-match"]
        let change = try await storage.run { [store] in
            try store.changeProfile(of: id, at: Timestamp.now().description) { profile in
                EntityTag.holds(condition, for: EntityTag.of(Representations.profile(profile)))
            } _: { profile in
                patch.apply(to: &profile)
            }
        }
        switch change {
        case .changed(let profile):
            let bytes = Representations.profile(profile)
            return ServiceResponse(.ok, body: bytes, contentType: "application/json")
                .with("etag", "\"\(EntityTag.of(bytes))\"")
        case .unknownUser: throw Problem.notFound("there is no profile with this id")
        case .foreignAvatar:
            throw AccountInput.invalid("avatar_image_id", "\"avatar_image_id\" must be a picture of your own, or null")
        case .refused:
            throw Problem(
                .preconditionFailed, code: "stale", title: "The profile has changed since you read it",
                detail: "read it again and repeat the change with its new etag")
        }
    }

    private func gallery(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        let before = request.queryItem("before")
        let limit = try request.queryItem("limit").map { text in
            guard let limit = Int(text), (1...100).contains(limit) else {
                throw AccountInput.invalid("limit", "\"limit\" must be a number from 1 to 100")
            }
            return limit
        }
        let count = limit ?? 50
        let images = try await storage.run { [store] () -> [ImageRecord]? in
            guard try store.profile(of: id) != nil else { return nil }
            return try store.images(of: id, before: before, limit: count + 1)
        }
        guard let images else { throw Problem.notFound("there is no profile with this id") }
        var json = JSONWriter()
        json.object {
            $0.member("images") { json in
                json.array { for image in images.prefix(count) { Representations.write(image, &$0) } }
            }
            $0.name("next")
            if images.count > count, let last = images.prefix(count).last {
                $0.string("/api/profiles/\(PercentCoding.encode(id))/images?limit=\(count)&before=\(last.id)")
            } else {
                $0.null()
            }
        }
        return EntityTag.document(json.bytes, for: request)
    }

    /// The checked members of a patch; nil where the client named none.
    private struct Patch: Sendable {
        var displayName: String?
        var bio: String?
        var links: [String]?
        var avatar: String??

        init(_ root: JSONValue) throws {
            for member in root.members {
                switch member.key {
                case "display_name": displayName = try AccountInput.displayName(member.value)
                case "bio": bio = member.value.isNull ? "" : try AccountInput.bio(member.value)
                case "links": links = member.value.isNull ? [] : try AccountInput.links(member.value)
                case "avatar_image_id":
                    guard member.value.isNull || member.value.string != nil else {
                        throw AccountInput.invalid(member.key, "\"avatar_image_id\" must be a text or null")
                    }
                    avatar = .some(member.value.string)
                default:
                    let known = editable.joined(separator: ", ")
                    throw AccountInput.invalid(
                        member.key, "\"\(member.key)\" cannot be changed; what can be: \(known)")
                }
            }
        }

        func apply(to profile: inout ProfileRecord) {
            if let displayName { profile.displayName = displayName }
            if let bio { profile.bio = bio }
            if let links { profile.links = links }
            if let avatar { profile.avatarImageID = avatar }
        }
    }
}
