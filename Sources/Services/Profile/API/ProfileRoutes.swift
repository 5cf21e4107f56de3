import Formats
import HTTP
import JSON
import Secrets
import ServiceKit
import Sessions
import Telemetry

/// Profiles: everybody reads, each user changes their own.
final class ProfileRoutes: Sendable {
    private let store: ProfileStore
    private let gate: SessionGate
    private let storage: WorkerPool
    private static let editable = ["display_name", "bio", "links", "avatar_image_id"]

    init(store: ProfileStore, gate: SessionGate, storage: WorkerPool) {
        self.store = store
        self.gate = gate
        self.storage = storage
    }

    func add(to app: inout ServiceApp) {
        app.on(.get, "/api/profiles/{id}", ResponseSpoiler.around({ try await self.show($0) }))
        app.on(.patch, "/api/profiles/{id}", ResponseSpoiler.around({ try await self.change($0) }))
        app.on(.get, "/api/profiles/{id}/images", ResponseSpoiler.around({ try await self.gallery($0) }))
    }

    private func show(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        guard let profile = try await storage.run({ [store] in try store.profile(of: id) }) ?? newcomer(request, id)
        else { throw Problem.notFound("there is no profile with this id") }
        return EntityTag.document(Representations.profile(profile), for: request)
    }

    /// A merge patch (RFC 7396) of the four editable members.
    private func change(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        let visitor = try await gate.visitor(of: request)
        guard visitor.userID == id else { throw Problem.forbidden("a profile is changed by its user alone") }
        let root = try await RequestInput.document(
            of: request, known: ["display_name", "bio", "links", "avatar_image_id"])
        let patch = try Patch(root)
        let condition = request.fields["if-match"]
        let change = try await storage.run { [store] in
            try store.change(id, newcomer: Self.profile(of: visitor), at: Timestamp.now()) { profile in
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
            throw RequestInput.invalid("avatar_image_id", "\"avatar_image_id\" must be a picture of your own, or null")
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
                throw RequestInput.invalid("limit", "\"limit\" must be a number from 1 to 100")
            }
            return limit
        }
        let count = limit ?? 50
        let known = try await storage.run { [store] in try store.pictures(of: id, before: before, limit: count + 1) }
        guard let images = try known ?? (newcomer(request, id) == nil ? nil : []) else {
            throw Problem.notFound("there is no profile with this id")
        }
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

    /// The profile that a user has who signed up where this service has no rows from yet: what the token says. Only
    /// for that user; to others there is none.
    private func newcomer(_ request: ServiceRequest, _ id: String) throws -> ProfileStore.Profile? {
        guard let visitor = try gate.bearer(of: request), visitor.userID == id else { return nil }
        return Self.profile(of: visitor)
    }

    private static func profile(of visitor: SessionGate.Visitor) -> ProfileStore.Profile {
        let created = ULID.milliseconds(of: visitor.userID).map(Timestamp.init(milliseconds:))
        let time = created ?? Timestamp(seconds: visitor.claims.issuedAt)
        return ProfileStore.Profile(
            userID: visitor.userID, displayName: visitor.claims.name, bio: "", links: [], createdAt: time,
            updatedAt: time)
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
                case "display_name": displayName = try RequestInput.displayName(member.value)
                case "bio": bio = member.value.isNull ? "" : try ProfileInput.bio(member.value)
                case "links": links = member.value.isNull ? [] : try ProfileInput.links(member.value)
                case "avatar_image_id":
                    guard member.value.isNull || member.value.string != nil else {
                        throw RequestInput.invalid(member.key, "\"avatar_image_id\" must be a text or null")
                    }
                    avatar = .some(member.value.string)
                default:
                    let known = editable.joined(separator: ", ")
                    throw RequestInput.invalid(
                        member.key, "\"\(member.key)\" cannot be changed; what can be: \(known)")
                }
            }
        }

        func apply(to profile: inout ProfileStore.Profile) {
            if let displayName { profile.displayName = displayName }
            if let bio { profile.bio = bio }
            if let links { profile.links = links }
            if let avatar { profile.avatarImageID = avatar }
        }
    }
}
