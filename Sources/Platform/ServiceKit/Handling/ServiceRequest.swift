package import EventLoop
package import HTTP

/// One request as a handler sees it: the head copied out of the wire, the body to be read when wanted.
package struct ServiceRequest: Sendable {
    package let method: HTTPMethod
    /// The canonical path, without query: dot segments resolved, escapes of printable ASCII decoded
    /// (`TargetNormaliser`).
    package let path: String
    /// What follows the question mark, undecoded; empty when there is none.
    package let query: String
    package let fields: HTTPFields
    package let peer: SocketAddress
    package let body: ServiceBody
    var parameters = PathParameters()

    package init(
        method: HTTPMethod, path: String, query: String = "", fields: HTTPFields, peer: SocketAddress,
        body: ServiceBody
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.peer = peer
        self.body = body
    }

    /// The path segment that stood for `{name}` in the template, percent-decoded; empty when the template has no such
    /// parameter or its bytes are no UTF-8.
    package func parameter(_ name: String) -> String {
        guard let place = parameters.names.firstIndex(of: name) else { return "" }
        return PercentCoding.decode(parameters.values[place]) ?? ""
    }

    /// The first value of `name` in the query, decoded; nil when absent, empty for `?name`.
    package func queryItem(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = PercentCoding.decode(parts[0], plusIsSpace: true), key == name else { continue }
            return parts.count == 2 ? PercentCoding.decode(parts[1], plusIsSpace: true) : ""
        }
        return nil
    }

    /// The value of a cookie (RFC 6265 5.4); nil when the client sent none of that name.
    package func cookie(_ name: String) -> String? {
        for line in fields.all("cookie") {
            for pair in line.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
                return String(parts[1])
            }
        }
        return nil
    }

    /// The token of `Authorization: Bearer …` (RFC 6750 2.1).
    package var bearerToken: String? {
        guard let value = fields["authorization"], value.count > 7, value.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        return String(value.dropFirst(7).drop { $0 == " " })
    }
}
