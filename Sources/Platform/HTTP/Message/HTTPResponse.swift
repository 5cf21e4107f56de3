/// A whole response, for services and tools; the router's path never makes one.
package struct HTTPResponse: Equatable, Sendable {
    package var status: HTTPStatus
    /// Without framing fields, which are written from `body`.
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(status: HTTPStatus = .ok, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Appends status line, `Content-Length` unless the status forbids it, then `fields`.
    package func writeHead(to writer: inout HeadWriter) {
        writer.appendStatusLine(status)
        if !status.forbidsBody { writer.appendFraming(.length(UInt64(body.count))) }
        fields.writeWithoutFraming(to: &writer)
        writer.append("\r\n")
    }
}
