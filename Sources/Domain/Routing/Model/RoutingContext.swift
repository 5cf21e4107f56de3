/// A bounded context: routes that share keys and salt, so that a user is on one side for all of them.
package struct RoutingContext: Sendable, Equatable {
    package var name: String
    /// Tried in order; the first that the request has decides.
    package var keys: [AssignmentKey]
    /// Put before the key when hashing: two contexts with different salts draw independently.
    package var salt: String
    package var mode: DataMode
    /// Whether the author wrote the mode down. Routes that take writes ask for it: `stateless` must be meant, not left
    /// out.
    package var isModeWritten: Bool
    /// Number of the last published move of users, which each request of the context carries as `x-strangler-epoch`, so
    /// that a store refuses one that was sent by an older table. Mode `owned` only; nil: none is carried.
    package var epoch: UInt64?
    /// What happens to readers on the service when its rows no longer follow.
    package var onStall: StallPolicy
    /// Which rows are watched, and how far they may be behind.
    package var watch: WatchPolicy
    /// In the mode `reads`: whoever wrote reads from legacy until the service is known to have the write.
    package var readsOwnWrites: Bool
    /// Cookie in which a JSON web token is looked for when `Authorization: Bearer` is absent; nil: nowhere else.
    package var jwtCookie: String?
    /// Of the cookie that the router mints.
    package var sameSite: SameSite
}

/// When a browser sends a cookie along with a request that another site caused (RFC 6265bis 4.1.2.7).
package enum SameSite: String, Sendable, CaseIterable {
    /// Only with a link that is followed.
    case lax
    case strict
    /// Always: for pages that are embedded elsewhere. Browsers keep such a cookie only when it is `Secure`.
    case none
}

/// What the router does when the rows of a service that readers were moved to no longer follow the monolith's.
package enum StallPolicy: String, Sendable, CaseIterable {
    /// The context's routes go back to legacy.
    case rollback
    /// It is told everywhere, and nothing moves.
    case hold
}

/// What the router expects of the reports about a context's rows.
package struct WatchPolicy: Sendable, Equatable {
    /// Group of `data.json` that carries the rows; nil: the one of the context's name.
    package var group: String?
    /// Age of the oldest change that was not carried yet, above which the rows count as not following.
    package var maxLag: Duration
}

extension RoutingContext {
    /// Group of `data.json` that carries the context's rows.
    package var group: String { watch.group ?? name }
}

/// Where the key of a request is found.
package enum AssignmentKey: Sendable, Equatable {
    /// `path:NAME`: that parameter of the route's template.
    case path(String)
    /// `jwt:CLAIM`: that claim of the bearer token, read without verifying it.
    case jwt(String)
    /// `header:NAME`, lower case.
    case header(String)
    /// `cookie:NAME`; the one named `strangler_id` is minted by the router when missing.
    case cookie(String)
    /// `query:NAME`.
    case query(String)
    /// `client-ip`.
    case clientIP

    /// The cookie that the router mints for those who have no key.
    package static let mintedCookie = "strangler_id"

    /// As it is written in the file.
    package var text: String {
        switch self {
        case .path(let name): "path:\(name)"
        case .jwt(let claim): "jwt:\(claim)"
        case .header(let name): "header:\(name)"
        case .cookie(let name): "cookie:\(name)"
        case .query(let name): "query:\(name)"
        case .clientIP: "client-ip"
        }
    }
}

/// What a percentage may do to a context's data.
package enum DataMode: String, Sendable, CaseIterable {
    /// Nothing to keep: any percentage. The default.
    case stateless
    /// The service follows the monolith's data: reads may move, writes stay.
    case reads
    /// Each user's data is owned by one side.
    case owned
    /// One side owns everything: 0 or 100.
    case authority

    /// What can be kept today. The others are names for what is to come, and refused.
    package var isBuilt: Bool { self != .authority }
}
