package import AdminAPI

/// One request to the admin API, without saying how it travels.
package struct AdminCall: Sendable {
    package let endpoint: AdminEndpoint
    /// Path and query, encoded.
    package let target: String
    package var fields: [String: String] = [:]
    package var body: [UInt8] = []
    /// Gets the body of a good response piece by piece, as long as it goes on; nil: it is collected.
    package var receive: (@Sendable ([UInt8]) -> Void)?

    /// - Parameter name: fills the segment of the path that varies.
    package init(_ endpoint: AdminEndpoint, of name: String? = nil, query: [(AdminParameter, String)] = []) {
        self.endpoint = endpoint
        target = endpoint.declaration.target(name, query)
    }

    package var method: String { endpoint.method }
}
