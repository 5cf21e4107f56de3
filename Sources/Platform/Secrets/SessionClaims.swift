import JSON

/// What a session token says about its bearer: the registered claims of RFC 7519 that are used, a display name and an
/// email.
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

    /// Seconds since 1970 that a token may name: up to the end of the year 9999, so that computing with them, or
    /// writing them as a date, stays in range.
    package static let times = 0...253_402_300_799
    /// Bytes of a name in a token. A token that is longer than a cookie may be is no use; a name may be longer where it
    /// was stored before there was a limit.
    package static let nameLimit = 320

    /// Nil when a claim is missing, of the wrong type, or a time out of `times`.
    init?(payload: [UInt8]) {
        guard let root = try? JSONDocument(payload).root, let subject = root["sub"]?.string,
            let session = root["sid"]?.string, let name = root["name"]?.string, let email = root["email"]?.string,
            let issued = root["iat"]?.int,
            let expires = root["exp"]?.int, !subject.isEmpty, !session.isEmpty, Self.times.contains(issued),
            Self.times.contains(expires)
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
            $0.member("name", Self.prefix(of: name, bytes: Self.nameLimit))
            $0.member("email", email)
            $0.member("iat", issuedAt)
            $0.member("exp", expiresAt)
            $0.member("jti", Base64URL.encode(SecureRandom.bytes(32)))
        }
        return json.bytes
    }

    /// Cut between two code points: a single character may be longer than the limit.
    private static func prefix(of text: String, bytes limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= limit else { break }
            kept.append(scalar)
        }
        return String(kept)
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

extension TokenCoder {
    /// What a browser keeps after a login, so that a later login from it is known to come from a familiar device:
    /// signed, good for this account alone, and no session (it names none).
    package func issueDevice(of account: String) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("dev", account)
            $0.member("jti", Base64URL.encode(SecureRandom.bytes(16)))
        }
        return sign(payload: json.bytes)
    }

    /// The name of the device whose token this is, when it was given out for `account`.
    package func device(of token: String, account: String) -> String? {
        guard let payload = verify(token), let root = try? JSONDocument(payload).root,
            root["dev"]?.string == account
        else { return nil }
        return root["jti"]?.string
    }
}
