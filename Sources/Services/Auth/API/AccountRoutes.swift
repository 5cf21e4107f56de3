import Formats
import HTTP
import JSON
import Secrets
import ServiceKit
import Sessions
import Synchronization
import Telemetry

/// Sign-up, login, logout, session.
final class AccountRoutes: Sendable {
    private let store: AuthStore
    private let gate: SessionGate
    private let storage: WorkerPool
    /// Its threads are the bound on how many hashes, each 19 MiB, are computed at once.
    private let hashing: WorkerPool
    private let logins: LoginGate
    /// Of a browser that somebody logged in with: a year. Only logins ask for it.
    private static let deviceCookie = AccountCookie("pp_device", path: "/api/auth", lifetime: 365 * 86_400)
    /// What a login for an unknown email is checked against, so that it takes as long as any other.
    private let decoy = Mutex<PasswordHash?>(nil)

    init(
        store: AuthStore, gate: SessionGate, storage: WorkerPool, hashing: WorkerPool, logins: LoginGate
    ) {
        self.store = store
        self.gate = gate
        self.storage = storage
        self.hashing = hashing
        self.logins = logins
    }

    func add(to app: inout ServiceApp) {
        app.on(.post, "/api/auth/signup") { try await self.signUp($0) }
        app.on(.post, "/api/auth/login") { try await self.logIn($0) }
        app.on(.post, "/api/auth/logout") { try await self.logOut($0) }
        app.on(.get, "/api/auth/session") { try await self.session($0) }
    }

    private func signUp(_ request: ServiceRequest) async throws -> ServiceResponse {
        let root = try await RequestInput.document(of: request, known: ["email", "password", "display_name"])
        let email = try CredentialInput.email(root)
        let password = try CredentialInput.password(root)
        let fallback = String(email.prefix { $0 != "@" }.prefix(80))
        let name = try root["display_name"].map { try RequestInput.displayName($0) } ?? fallback
        let hash = try await self.hash(password)
        let user = AuthStore.User(
            id: ULID.make(), email: email, password: hash.text, displayName: name,
            createdAt: Timestamp.now().description)
        let visitor = open(for: user)
        let created = try await storage.run { [store] in
            try store.user(email: email) == nil && store.add(user, with: visitor.record)
        }
        guard created else {
            throw Problem(
                .conflict, code: "email_taken", title: "The email is taken",
                detail: "there is an account with this email; log in instead")
        }
        return entered(user, visitor, .created, request).with("location", "/api/profiles/\(user.id)")
    }

    private func logIn(_ request: ServiceRequest) async throws -> ServiceResponse {
        let root = try await RequestInput.document(of: request, known: ["email", "password"])
        let email = try CredentialInput.email(root)
        guard let password = root["password"]?.string, password.utf8.count <= 256 else {
            throw RequestInput.invalid("password", "\"password\" must be a text of at most 256 bytes")
        }
        let user = try await logins.admit(email, of: request, device: device(of: request, account: email)) {
            try await checked(password, of: email)
        }
        guard let user else {
            throw Problem(
                .unauthorized, code: "wrong_credentials", title: "Email or password is wrong",
                fields: [("www-authenticate", "Bearer")])
        }
        let visitor = open(for: user)
        try await storage.run { [store] in try store.add(visitor.record) }
        return entered(user, visitor, .ok, request)
    }

    /// Ends the session of the token, also one that has ended already: asking twice is no mistake.
    private func logOut(_ request: ServiceRequest) async throws -> ServiceResponse {
        guard let visitor = try gate.bearer(of: request) else {
            throw Problem.unauthorized("there is no session to end")
        }
        // Here first: whatever becomes of the owner's answer, this process honours the session no longer.
        try await storage.run { [store] in try store.end(visitor.record, at: Timestamp.now().description) }
        if let owner = gate.owner, await !owner.end(token: visitor.token) {
            throw Problem.busy("the session has ended here, but its owner could not be told; log out once more")
        }
        return ServiceResponse(.noContent).with("set-cookie", SessionGate.cookie.expired(for: request))
    }

    private func session(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await gate.visitor(of: request)
        let user = try await storage.run { [store] in try store.user(id: visitor.userID) }
        return Representations.session(user ?? visitor.account, visitor)
    }

    /// A token and the session that belongs to it; the session is stored before the token is handed out.
    private func open(for user: AuthStore.User) -> SessionGate.Visitor {
        let now = Timestamp.now().seconds
        return gate.issue(
            SessionClaims(
                subject: user.id, session: ULID.make(), name: user.displayName, email: user.email, issuedAt: now,
                expiresAt: now + SessionGate.lifetime))
    }

    /// The response to sign-up and login, with the cookies that a browser keeps.
    private func entered(
        _ user: AuthStore.User, _ visitor: SessionGate.Visitor, _ status: HTTPStatus, _ request: ServiceRequest
    ) -> ServiceResponse {
        let answer = Representations.account(user, visitor, status: status)
            .with("set-cookie", SessionGate.cookie.line(visitor.token, for: request))
        if device(of: request, account: user.email) != nil { return answer }
        return answer.with(
            "set-cookie", Self.deviceCookie.line(gate.coder.issueDevice(of: user.email), for: request))
    }

    /// From which device the account was entered before, as its cookie proves.
    private func device(of request: ServiceRequest, account: String) -> String? {
        Self.deviceCookie.value(in: request).flatMap { gate.coder.device(of: $0, account: account) }
    }

    /// The account, when the password is its own; an unknown one costs as much.
    private func checked(_ password: String, of email: String) async throws -> AuthStore.User? {
        let user = try await storage.run { [store] in try store.user(email: email) }
        guard let user else {
            try await verifyDecoy(password)
            return nil
        }
        return try await verify(password, against: user) ? user : nil
    }

    private func hash(_ password: String) async throws -> PasswordHash {
        let hash = try await hashing.run { PasswordHash.make(password: password) }
        guard let hash else { throw Problem.busy("there is not enough memory for a password hash now") }
        return hash
    }

    /// A hash of yesterday's cost is made anew while the password is at hand.
    private func verify(_ password: String, against user: AuthStore.User) async throws -> Bool {
        guard let hash = PasswordHash(user.password) else { return false }
        guard try await hashing.run({ hash.verify(password) }) else { return false }
        if hash.needsRehash() {
            let fresh = try await self.hash(password)
            try await storage.run { [store] in try store.setPassword(fresh.text, of: user.id) }
        }
        return true
    }

    private func verifyDecoy(_ password: String) async throws {
        let known = decoy.withLock { $0 }
        _ = try await hashing.run { [self] in
            let hash = known ?? PasswordHash.make(password: Hex.encode(SecureRandom.bytes(16)))
            if known == nil { decoy.withLock { $0 = hash } }
            return hash?.verify(password) ?? false
        }
    }
}
