extension AdminEndpoint {
    /// What an endpoint takes and says.
    package struct Declaration: Sendable {
        /// What a good response carries.
        package enum Content: Sendable {
            case value(any WireObject.Type)
            /// The document that is served, byte for byte.
            case document
            /// Server-sent events, without end.
            case eventStream
            /// Metrics.
            case text
        }

        package enum Body: Sendable {
            case value(any WireRequest.Type)
            /// A whole routes.json.
            case document
        }

        package let method: String
        /// With `{name}` for a segment that varies.
        package let path: String
        package let content: Content
        package let parameters: [AdminParameter]
        /// What a request has to bring; nil: nothing.
        package let body: Body?
        /// Every status that a request may get, but 405.
        package let statuses: [Int]
        private let segments: [Substring]

        init(
            _ method: String, _ path: String, _ content: Content, status: Int = 200, parameters: [AdminParameter] = [],
            body: Body? = nil, refusals: [Int] = [], isConditional: Bool = false, unreadyStatus: Int? = nil
        ) {
            (self.method, self.path, self.content) = (method, path, content)
            (self.parameters, self.body) = (parameters, body)
            segments = path.split(separator: "/")
            var statuses = [status] + (isConditional ? [304] : [])
            if let unreadyStatus {
                statuses.append(unreadyStatus)
            } else if path == "/metrics" {
                statuses += [401, 403]
            } else if segments.first == "v1" {
                statuses += [400, 401, 403] + (method == "GET" ? [] : [413, 415]) + refusals
            }
            self.statuses = statuses
        }

        func matches(_ path: [String]) -> Bool {
            segments.count == path.count && zip(segments, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }

        /// Path and query of a request, encoded.
        package func target(_ name: String?, _ query: [(AdminParameter, String)]) -> String {
            let path = segments.reduce("") {
                $0 + "/" + ($1.hasPrefix("{") ? PercentEncoding.encoded(name ?? "") : String($1))
            }
            let pairs = query.map { parameter, value in
                assert(parameters.contains { $0.name == parameter.name }, "\(self.path) has no \(parameter.name)")
                return "\(parameter.name)=\(PercentEncoding.encoded(value))"
            }
            return path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        }
    }
}
