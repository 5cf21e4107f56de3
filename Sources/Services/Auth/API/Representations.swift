import Formats
import HTTP
import JSON
import Secrets
import ServiceKit
import Sessions

/// Accounts and sessions as a client sees them; every member is always present, in this order.
enum Representations {
    /// The response to sign-up and login.
    static func account(_ user: AuthStore.User, _ visitor: SessionGate.Visitor, status: HTTPStatus) -> ServiceResponse {
        document(status, user, visitor, token: visitor.token)
    }

    static func session(_ user: AuthStore.User, _ visitor: SessionGate.Visitor) -> ServiceResponse {
        document(.ok, user, visitor, token: nil)
    }

    private static func document(
        _ status: HTTPStatus, _ user: AuthStore.User, _ visitor: SessionGate.Visitor, token: String?
    ) -> ServiceResponse {
        ServiceResponse.json(status) { json in
            json.object {
                $0.member("user") {
                    $0.object {
                        $0.member("id", user.id)
                        $0.member("email", user.email)
                        $0.member("display_name", user.displayName)
                        $0.member("created_at", user.createdAt)
                    }
                }
                $0.member("session") {
                    $0.object {
                        $0.member("id", visitor.record.id)
                        $0.member("created_at", visitor.record.createdAt)
                        $0.member("expires_at", visitor.record.expiresAt)
                    }
                }
                // Left out where it is nil.
                $0.member("token", token)
            }
        }
        .with("cache-control", "no-store")
    }
}

extension SessionGate.Visitor {
    /// The row of this session.
    var record: AuthStore.Session {
        AuthStore.Session(
            id: claims.session, userID: claims.subject, tokenHash: tokenHash,
            createdAt: Timestamp(seconds: claims.issuedAt).description,
            expiresAt: Timestamp(seconds: claims.expiresAt).description, revokedAt: nil)
    }

    /// The account as the token tells it, for one whose row is not here yet.
    var account: AuthStore.User {
        let created =
            ULID.milliseconds(of: userID).map(Timestamp.init(milliseconds:)) ?? Timestamp(seconds: claims.issuedAt)
        return AuthStore.User(
            id: userID, email: claims.email, password: "", displayName: claims.name, createdAt: created.description)
    }
}
