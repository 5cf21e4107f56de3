import Formats
import HTTP
import JSON
import Secrets
import ServiceKit
import Synchronization
import Telemetry

/// Sign-up, login, logout, session.
final class AuthRoutes: Sendable {
    private let store: MonolithStore
    private let desk: SessionDesk
    private let storage: WorkerPool
    /// Its threads are the bound on how many hashes, each 19 MiB, are computed at once.
    private let hashing: WorkerPool
    private let logins: LoginGate
    /// The cookie of a browser that somebody logged in with. It lasts a year, and only logins read it.
    private static let deviceCookie = AccountCookie("pp_device", path: "/api/auth", lifetime: 365 * 86_400)
    /// The hash against which a login for an unknown email is checked, so that it takes as long as any other.
    private let decoy = Mutex<PasswordHash?>(nil)

    init(store: MonolithStore, desk: SessionDesk, storage: WorkerPool, hashing: WorkerPool, logins: LoginGate) {
        self.store = store
        self.desk = desk
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
        let root = try await AccountInput.document(of: request, known: ["email", "password", "display_name"])
        let email = try AccountInput.email(root)
        let password = try AccountInput.password(root)
        let fallback = String(email.prefix { $0 != "@" }.prefix(80))
        let name = try root["display_name"].map { try AccountInput.displayName($0) } ?? fallback
        let hash = try await self.hash(password)
        let user = UserRecord(
            id: ULID.make(), email: email, password: hash.text, displayName: name,
            createdAt: Timestamp.now().description)
        let visitor = desk.open(for: user)
        let created = try await storage.run { [store] in
            try store.user(email: email) == nil && store.create(user, session: visitor.record)
        }
        guard created else {
            throw Problem(
                .conflict, code: "email_taken", title: "The email is taken",
                detail: "there is an account with this email; log in instead")
        }
        return entered(user, visitor, .created, request).with("location", "/api/profiles/\(user.id)")
    }

    private func logIn(_ request: ServiceRequest) async throws -> ServiceResponse {
        let root = try await AccountInput.document(of: request, known: ["email", "password"])
        let email = try AccountInput.email(root)
        guard let password = root["password"]?.string, password.utf8.count <= 256 else {
            throw AccountInput.invalid("password", "\"password\" must be a text of at most 256 bytes")
        }
        let user = try await logins.admit(email, of: request, device: device(of: request, account: email)) {
            try await checked(password, of: email)
        }
        guard let user else {
            throw Problem(
                .unauthorized, code: "wrong_credentials", title: "Email or password is wrong",
                fields: [("www-authenticate", "Bearer")])
        }
        let visitor = desk.open(for: user)
        try await storage.run { [store] in try store.add(visitor.record) }
        return entered(user, visitor, .ok, request)
    }

    /// Ends the session of the token, also one that has ended already: asking twice is no mistake.
    private func logOut(_ request: ServiceRequest) async throws -> ServiceResponse {
        guard let visitor = try desk.bearer(of: request) else {
            throw Problem.unauthorized("there is no session to end")
        }
        try await storage.run { [store] in try store.revoke(visitor.record, at: Timestamp.now().description) }
        return ServiceResponse(.noContent).with("set-cookie", SessionDesk.cookie.expired(for: request))
    }

    private func session(_ request: ServiceRequest) async throws -> ServiceResponse {
        let visitor = try await desk.visitor(of: request)
        let user = try await storage.run { [store] in try store.user(id: visitor.userID) }
        return Representations.session(user ?? visitor.account, visitor)
    }

    /// The response to sign-up and login, with the cookies that a browser keeps.
    private func entered(
        _ user: UserRecord, _ visitor: SessionDesk.Visitor, _ status: HTTPStatus, _ request: ServiceRequest
    ) -> ServiceResponse {
        let answer = Representations.account(user, visitor, status: status)
            .with("set-cookie", SessionDesk.cookie.line(visitor.token, for: request))
        if device(of: request, account: user.email) != nil { return answer }
        return answer.with(
            "set-cookie", Self.deviceCookie.line(desk.coder.issueDevice(of: user.email), for: request))
    }

    /// From which device the account was entered before, as its cookie proves.
    private func device(of request: ServiceRequest, account: String) -> String? {
        Self.deviceCookie.value(in: request).flatMap { desk.coder.device(of: $0, account: account) }
    }

    /// The account, when the password is right; an unknown account takes as long.
    private func checked(_ password: String, of email: String) async throws -> UserRecord? {
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
    private func verify(_ password: String, against user: UserRecord) async throws -> Bool {
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
