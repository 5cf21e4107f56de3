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

    /// Calls `send` with the request in the form that every version of HTTP sends; it is valid during the call. A
    /// length of the body is announced where a body is there or usual.
    ///
    /// Returns false, not having called it, when method, target or host would break a head, or when the head is longer
    /// than `limit` bytes.
    package func withOutgoing(limit: Int, _ send: (OutgoingRequest) -> Void) -> Bool {
        guard HTTPFields.isValid(name: method, value: host), !target.isEmpty,
            target.utf8.allSatisfy({ $0 > Ascii.space && $0 < 0x7F })
        else { return false }
        let size = method.utf8.count + target.utf8.count + host.utf8.count + fields.lineBytes
        guard size <= limit else { return false }
        let isUsual = method == "POST" || method == "PUT" || method == "PATCH"
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { room in
            var writer = HeadWriter(room)
            writer.append(text: method)
            let methodEnd = writer.count
            writer.append(text: target)
            let targetEnd = writer.count
            writer.append(text: host)
            let authorityEnd = writer.count
            fields.writeWithoutFraming(to: &writer)
            send(
                OutgoingRequest(
                    bytes: writer.written, methodEnd: methodEnd, targetEnd: targetEnd, authorityEnd: authorityEnd,
                    method: HTTPMethod(name: method),
                    body: body.isEmpty && !isUsual ? .none : .length(UInt64(body.count))))
        }
        return true
    }
}
