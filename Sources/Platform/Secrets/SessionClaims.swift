import JSON

/// What a session token says about its bearer: the registered claims of RFC 7519 that are used, a display name and an email.
package struct SessionClaims: Sendable, Equatable {
    /// `sub`: the user.
    package var subject: String
    /// `sid`: the session, under which a revocation is kept.
    package var session: String
    /// `name`: what the user wants to be called; not a secret, not a key.
    package var name: String
    /// `email`: so that a side which has not seen the account's row yet can tell whose session it is.
    package var email: String
    /// `iat` and `exp`: whole seconds since 1970.
    package var issuedAt: Int
    package var expiresAt: Int

    package init(
        subject: String, session: String, name: String, email: String, issuedAt: Int, expiresAt: Int
    ) {
        self.subject = subject
        self.session = session
        self.name = name
        self.email = email
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// Nil when a claim is missing or of the wrong type.
    init?(payload: [UInt8]) {
        guard let root = try? JSONDocument(payload).root, let subject = root["sub"]?.string,
            let session = root["sid"]?.string, let name = root["name"]?.string, let email = root["email"]?.string,
            let issued = root["iat"]?.int,
            let expires = root["exp"]?.int, !subject.isEmpty, !session.isEmpty
        else { return nil }
        self.init(
            subject: subject, session: session, name: name, email: email, issuedAt: issued, expiresAt: expires)
    }

    /// The claims as JSON, with `jti`: 256 random bits, so that a token cannot be guessed from what it says.
    var payload: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("sub", subject)
            $0.member("sid", session)
            $0.member("name", name)
            $0.member("email", email)
            $0.member("iat", issuedAt)
            $0.member("exp", expiresAt)
            $0.member("jti", Base64URL.encode(SecureRandom.bytes(32)))
        }
        return json.bytes
    }
}

extension TokenCoder {
    /// Clocks of two machines may differ by this many seconds.
    private static let leeway = 60

    package func issue(_ claims: SessionClaims) -> String { sign(payload: claims.payload) }

    /// The claims of a token that is signed, complete and within its time; nil for every other text. Revocation is
    /// not known here.
    package func claims(of token: String, now: Int) -> SessionClaims? {
        guard let payload = verify(token), let claims = SessionClaims(payload: payload) else { return nil }
        return claims.issuedAt <= now + Self.leeway && now < claims.expiresAt ? claims : nil
    }
}
