import Formats
import HTTP
package import SQLite
package import Secrets
package import ServiceKit
import Telemetry

/// Who is asking: a token is good when it is signed with the shared key, within its time, and not revoked as far as is
/// known here or, when there is one, at the owner of the sessions.
package final class SessionGate: Sendable {
    /// What the store here knows of a session.
    package struct Known: Sendable {
        package var tokenHash: String
        package var isRevoked: Bool

        package init(tokenHash: String, isRevoked: Bool) {
            self.tokenHash = tokenHash
            self.isRevoked = isRevoked
        }

        /// The row of a session in the table `sessions`, which has the same shape in every store; nil without one.
        package static func row(_ id: String, in database: Database) throws -> Known? {
            try database.read { tx in
                try tx.first("SELECT token_hash, revoked_at FROM sessions WHERE id = ?", id) {
                    Known(tokenHash: $0.text(0), isRevoked: !$0.isNull(1))
                }
            }
        }
    }

    package struct Visitor: Sendable {
        package let claims: SessionClaims
        package let token: String
        package var userID: String { claims.subject }
        package var tokenHash: String { SHA256.hex(Array(token.utf8)) }
    }

    /// Of a session: thirty days, in seconds.
    package static let lifetime = 30 * 86_400
    package static let cookie = AccountCookie("pp_session", path: "/", lifetime: lifetime)
    package let coder: TokenCoder
    private let storage: WorkerPool
    private let lookUp: @Sendable (String) throws -> Known?
    /// The process that owns the sessions; nil when none is asked.
    package let owner: SessionOwner?

    /// - Parameter lookUp: the session of an id; blocks, and is called on `storage`.
    package init(
        key: TokenKey, storage: WorkerPool, owner: SessionOwner?, lookUp: @escaping @Sendable (String) throws -> Known?
    ) {
        coder = TokenCoder(key: key)
        self.storage = storage
        self.owner = owner
        self.lookUp = lookUp
    }

    /// The gate of a service: loads the key, or makes one, and connects to the owner of the sessions when there is one.
    package convenience init(
        _ settings: ServiceSettings, storage: WorkerPool, lookUp: @escaping @Sendable (String) throws -> Known?
    ) throws {
        let key = try TokenKey.load(orCreate: settings.tokenKeyFile)
        self.init(key: key, storage: storage, owner: try settings.owner.map(SessionOwner.named), lookUp: lookUp)
    }

    package func issue(_ claims: SessionClaims) -> Visitor { Visitor(claims: claims, token: coder.issue(claims)) }

    /// The bearer of a signed token, revoked or not; nil without one.
    package func bearer(of request: ServiceRequest) throws -> Visitor? {
        let fromCookie = request.bearerToken == nil
        guard let token = request.bearerToken ?? Self.cookie.value(in: request),
            let claims = coder.claims(of: token, now: Timestamp.now().seconds)
        else { return nil }
        // A browser adds the cookie by itself: a change that another site's page asked for is not the user's wish.
        if fromCookie, !request.method.isSafe, let site = request.fields["sec-fetch-site"], site != "same-origin",
            site != "none"
        {
            throw Problem.forbidden("the request comes from another site's page")
        }
        return Visitor(claims: claims, token: token)
    }

    /// The bearer, or a 401.
    package func visitor(of request: ServiceRequest) async throws -> Visitor {
        guard let visitor = try bearer(of: request) else {
            throw Problem.unauthorized("send a token as \"Authorization: Bearer …\" or the \(Self.cookie.name) cookie")
        }
        let ended = Problem.unauthorized("this session has ended; log in again")
        let known = try await storage.run { [lookUp] in try lookUp(visitor.claims.session) }
        if let known {
            guard !known.isRevoked, ConstantTime.equal(known.tokenHash, visitor.tokenHash) else { throw ended }
        }
        if let owner, case .ended = await owner.ask(token: visitor.token) { throw ended }
        return visitor
    }
}
