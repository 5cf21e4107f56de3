/// One row of the strangler fig: which requests it is about, who serves them, and how they move.
package struct Route: Sendable, Equatable {
    package var id: String
    package var match: RouteMatch
    /// Index of the upstream that serves whatever the percentage leaves.
    package var legacy: Int
    /// Index of the upstream that the percentage moves requests to; nil: nothing to move to.
    package var service: Int?
    /// Index of the context whose keys decide; nil: every request is drawn for itself, exact to one request.
    package var context: Int?
    package var percent: Percent
    package var mirror: MirrorPolicy?
    package var override: OverridePolicy?
    package var timeouts: RouteTimeouts
    /// Longest request body in bytes; 413 above.
    package var bodyLimit: Int
    package var retry: RetryPolicy
    package var fallback: Fallback
    /// Whether `Upgrade: websocket` may pass.
    package var websocket: Bool
    package var longLived: LongLivedPolicy
    /// Who is refused first when there is too much.
    package var priority: Priority

    /// What a request is worth when not all can be served, the first served longest.
    package enum Priority: String, Sendable, CaseIterable {
        /// Refused only when nothing more fits at all.
        case critical
        case normal
        /// What nobody misses for a while: prefetching, polling, reports.
        case sheddable
    }

    /// What happens to a request when its service cannot be reached.
    package enum Fallback: String, Sendable, CaseIterable {
        /// Safe methods (GET, HEAD, OPTIONS) go to legacy when the context's mode lets both sides answer reads:
        /// `stateless` and `reads`.
        case reads
        /// The client is told: 502, 503 or 504.
        case never
    }
}

/// Which requests a route is about. All conditions must hold.
package struct RouteMatch: Sendable, Equatable {
    package var path: PathPattern
    /// Empty: any method. Names are case-sensitive (RFC 9110 §9.1).
    package var methods: [String]
    /// Lower case, without port; `*.example.org` matches one or more labels. nil: any.
    package var host: String?
    package var headers: [FieldCondition]
    package var query: [FieldCondition]

    /// Whether some method that changes state (anything but GET, HEAD, OPTIONS) can match.
    package var allowsUnsafeMethods: Bool { methods.isEmpty || !unsafeMethods.isEmpty }

    /// Those of `methods` that may change state (RFC 9110 §9.2.1).
    package var unsafeMethods: [String] { methods.filter { !["GET", "HEAD", "OPTIONS", "TRACE"].contains($0) } }
}

/// Literals are in the form in which paths are compared (`ComparedPath`).
package enum PathPattern: Sendable, Equatable {
    /// The whole path.
    case exact(String)
    /// Whole segments: `/auth` matches `/auth` and `/auth/x`, never `/authx`. No trailing slash except for `/` itself.
    case prefix(String)
    /// One pattern per segment.
    case template([Segment])

    package enum Segment: Sendable, Equatable {
        case literal(String)
        /// `{name}`: any one segment that is not empty.
        case parameter(String)
    }

    /// As it is written in the file.
    package var text: String {
        switch self {
        case .exact(let path), .prefix(let path): path
        case .template(let segments):
            segments.reduce(into: "") { text, segment in
                switch segment {
                case .literal(let literal): text += "/" + literal
                case .parameter(let name): text += "/{" + name + "}"
                }
            }
        }
    }

    /// Names of a template's parameters, in order.
    package var parameters: [String] {
        guard case .template(let segments) = self else { return [] }
        return segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }
}

/// A header or query parameter that must have exactly this value, or (nil) just be there.
package struct FieldCondition: Sendable, Equatable {
    /// Header names in lower case; names and values of a query in one spelling (`QueryText.canonical`).
    package var name: String
    package var value: String?
}
