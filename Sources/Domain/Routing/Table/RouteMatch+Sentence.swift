extension RouteMatch {
    /// `prefix /api/profiles GET,HEAD`.
    package var sentence: String {
        var text: String
        switch path {
        case .exact: text = "exact "
        case .prefix: text = "prefix "
        case .template: text = "template "
        }
        text += path.text
        if !methods.isEmpty { text += " " + methods.joined(separator: ",") }
        if let host { text += " host \(host)" }
        if !headers.isEmpty { text += " headers " + headers.map(\.name).joined(separator: ",") }
        if !query.isEmpty { text += " query " + query.map(\.name).joined(separator: ",") }
        return text
    }

    /// The first condition that a request does not fulfil which the whole match refused, as a sentence.
    ///
    /// - Parameter accepts: whether a match takes the request.
    package func firstUnmet(_ accepts: (RouteMatch) -> Bool) -> String {
        // From the path alone to all conditions, one more each time.
        var tried = self
        (tried.methods, tried.host, tried.headers, tried.query) = ([], nil, [], [])
        if !accepts(tried) { return "path does not match" }
        tried.methods = methods
        if !accepts(tried) { return "method does not match" }
        tried.host = host
        if !accepts(tried) { return "host does not match" }
        tried.headers = headers
        return accepts(tried) ? "a query parameter does not match" : "a header does not match"
    }
}
