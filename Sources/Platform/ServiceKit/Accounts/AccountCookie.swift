/// A cookie that identifies a user: out of reach for scripts, not sent along by other sites' forms (SameSite=Lax),
/// and only ever sent over https by a browser that got it so.
package struct AccountCookie: Sendable {
    package let name: String
    private let path: String
    /// Seconds.
    private let lifetime: Int

    package init(_ name: String, path: String, lifetime: Int) {
        self.name = name
        self.path = path
        self.lifetime = lifetime
    }

    /// The value that the client sent; nil for none.
    package func value(in request: ServiceRequest) -> String? { request.cookie(name) }

    /// The value of a `Set-Cookie` in the response to `request`.
    package func line(_ value: String, for request: ServiceRequest) -> String { line(value, lifetime, request) }

    /// The value of a `Set-Cookie` that makes the browser forget it.
    package func expired(for request: ServiceRequest) -> String { line("", 0, request) }

    private func line(_ value: String, _ lifetime: Int, _ request: ServiceRequest) -> String {
        "\(name)=\(value); Path=\(path); Max-Age=\(lifetime); HttpOnly; SameSite=Lax"
            + (request.client.isSecure ? "; Secure" : "")
    }
}
