/// A whole request, for services and tools; the router's path never makes one.
package struct HTTPRequest: Equatable, Sendable {
    /// `GET` and so on, or any token.
    package var method: String
    /// Path and query, beginning with `/`.
    package var target: String
    /// `Host`, with port unless it is the default one.
    package var host: String
    /// Without `Host` and framing fields, which are written from `host` and `body`.
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(
        method: String = "GET", target: String = "/", host: String = "", fields: HTTPFields = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.host = host
        self.fields = fields
        self.body = body
    }

    /// Appends the head: start line, `Host`, `Content-Length` where a body is there or usual, then `fields`.
    ///
    /// Returns false, having written nothing, when method or target would break the start line.
    package func writeHead(to writer: inout HeadWriter) -> Bool {
        guard HTTPFields.isValid(name: method, value: host), !target.isEmpty,
            target.utf8.allSatisfy({ $0 > Ascii.space && $0 < 0x7F })
        else { return false }
        writer.append(text: method)
        writer.append(byte: Ascii.space)
        writer.append(text: target)
        writer.append(" HTTP/1.1\r\nhost: ")
        writer.append(text: host)
        writer.append("\r\n")
        if !body.isEmpty || method == "POST" || method == "PUT" || method == "PATCH" {
            writer.appendFraming(.length(UInt64(body.count)))
        }
        fields.writeWithoutFraming(to: &writer)
        writer.append("\r\n")
        return true
    }
}
