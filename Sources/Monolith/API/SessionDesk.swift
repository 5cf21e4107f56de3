import Formats
import HTTP
import Secrets
import ServiceKit
import Telemetry

/// Issues tokens, and finds the user of a request by its token.
final class SessionDesk: Sendable {
    private let store: MonolithStore
    let coder: TokenCoder
    private let storage: WorkerPool
    /// Thirty days, in seconds.
    static let lifetime = 30 * 86_400
    static let cookie = AccountCookie("pp_session", path: "/", lifetime: lifetime)

    init(store: MonolithStore, key: TokenKey, storage: WorkerPool) {
        self.store = store
        coder = TokenCoder(key: key)
        self.storage = storage
    }

    /// A request's bearer: signed, in time, not revoked.
    struct Visitor: Sendable {
        let claims: SessionClaims
        let token: String
        var userID: String { claims.subject }
        /// The account as the token tells it, for one whose row is not here yet.
        var account: UserRecord {
            let created =
                ULID.milliseconds(of: userID).map(Timestamp.init(milliseconds:)) ?? Timestamp(seconds: claims.issuedAt)
            return UserRecord(
                id: userID, email: claims.email, password: "", displayName: claims.name,
                createdAt: created.description)
        }
        var record: SessionRecord {
            SessionRecord(
                id: claims.session, userID: claims.subject, tokenHash: SHA256.hex(Array(token.utf8)),
                createdAt: Timestamp(seconds: claims.issuedAt).description,
                expiresAt: Timestamp(seconds: claims.expiresAt).description, revokedAt: nil)
        }
    }

    /// A token and the row that belongs to it; the caller stores the row before it hands out the token.
    func open(for user: UserRecord) -> Visitor {
        let now = Timestamp.now().seconds
        let claims = SessionClaims(
            subject: user.id, session: ULID.make(), name: user.displayName, email: user.email, issuedAt: now,
            expiresAt: now + Self.lifetime)
        return Visitor(claims: claims, token: coder.issue(claims))
    }

    /// The bearer of a signed token, revoked or not; nil without one.
    func bearer(of request: ServiceRequest) throws -> Visitor? {
        let fromCookie = request.bearerToken == nil
        guard let token = request.bearerToken ?? Self.cookie.value(in: request) else { return nil }
        guard let claims = coder.claims(of: token, now: Timestamp.now().seconds) else { return nil }
        // A browser adds the cookie by itself: a change that another site's page asked for is not the user's wish.
        if fromCookie, request.method != .get, request.method != .head, let site = request.fields["sec-fetch-site"],
            site != "same-origin", site != "none"
        {
            throw Problem.forbidden("the request comes from another site's page")
        }
        return Visitor(claims: claims, token: token)
    }

    /// The bearer, or a 401. A session that is not known here was begun by the other side: its signature is good, and
    /// its revocation, when there is one, is written here too.
    func visitor(of request: ServiceRequest) async throws -> Visitor {
        guard let visitor = try bearer(of: request) else {
            throw Problem.unauthorized("send a token as \"Authorization: Bearer …\" or the \(Self.cookie.name) cookie")
        }
        let record = try await storage.run { [store] in try store.session(id: visitor.claims.session) }
        if let record {
            guard record.revokedAt == nil, ConstantTime.equal(record.tokenHash, visitor.record.tokenHash) else {
                throw Problem.unauthorized("this session has ended; log in again")
            }
        }
        return visitor
    }
}
