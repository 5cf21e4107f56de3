import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Fields that few requests bring: names with `_`, what proxies other than the common three fields say, `Max-Forwards`.
extension Exchange {
    /// What is cut for their sake. Counts what is dropped.
    func seldomCut(_ request: RequestHeadView, isTrusted: Bool) -> FieldSet {
        let fields = request.fields
        var cut = FieldSet(rawValue: 0)
        worker.droppedFields.collisions &+= UInt64(fields.count(of: .lookalike))
        if worker.dropsUnderscores {
            cut.formUnion(FieldSet(.underscored))
            worker.droppedFields.underscores &+= UInt64(fields.count(of: .underscored))
        }
        // Of several lines that say one thing the last counts, which the trusted peer itself wrote; `Forwarded` is a
        // list.
        if isTrusted { cut.formUnion(fields.repeated.intersection(FieldSet(.xForwardedPort, .xRealIP))) }
        if method == .options { cut.formUnion(FieldSet(.maxForwards)) }
        return cut
    }

    /// What takes the place of what was cut: the truth, where somebody who is not trusted said something; nothing that
    /// was not there.
    func appendSeldom(
        _ writer: inout HeadWriter, _ request: RequestHeadView, host: UnsafeRawBufferPointer,
        client: any ClientStream, isTrusted: Bool
    ) {
        let fields = request.fields
        if isTrusted {
            appendLast(&writer, "x-real-ip: ", .xRealIP, request)
            appendLast(&writer, "x-forwarded-port: ", .xForwardedPort, request)
        } else {
            if fields.present.contains(.xRealIP), !client.isUnix {
                writer.append("x-real-ip: ")
                client.writePeer(to: &writer)
                writer.append("\r\n")
            }
            if fields.present.contains(.xForwardedPort), let port = worker.port(of: client) {
                writer.append("x-forwarded-port: ")
                writer.append(decimal: UInt64(port))
                writer.append("\r\n")
            }
            if fields.present.contains(.forwarded) { appendForwardedElement(&writer, host: host, client: client) }
        }
        if method == .options, let left = MaxForwards.read(fields, in: request.bytes), left > 0 {
            writer.append("max-forwards: ")
            writer.append(decimal: left - 1)
            writer.append("\r\n")
        }
    }

    private func appendLast(
        _ writer: inout HeadWriter, _ name: StaticString, _ field: KnownField, _ request: RequestHeadView
    ) {
        guard request.fields.repeated.contains(field), let value = request.fields.lastValue(field) else { return }
        writer.append(name)
        writer.append(value, of: request.bytes)
        writer.append("\r\n")
    }

    /// RFC 7239 4. All values are quoted: a host may have a port, an IPv6 address has colons and stands in brackets.
    private func appendForwardedElement(
        _ writer: inout HeadWriter, host: UnsafeRawBufferPointer, client: any ClientStream
    ) {
        writer.append("forwarded: for=\"")
        if client.isUnix {
            writer.append("unknown")
        } else if client.peerText.utf8.contains(UInt8(ascii: ":")) {
            writer.append("[")
            client.writePeer(to: &writer)
            writer.append("]")
        } else {
            client.writePeer(to: &writer)
        }
        writer.append("\";host=\"")
        writer.append(host)
        writer.append(client.isSecure ? "\";proto=https\r\n" : "\";proto=http\r\n")
    }

    /// `OPTIONS` that may go no further (RFC 9110 7.6.2): this is its last recipient.
    func isLastRecipient(_ request: RequestHeadView) -> Bool {
        request.fields.present.contains(.maxForwards) && MaxForwards.read(request.fields, in: request.bytes) == 0
    }
}

/// Fields of requests that were not passed on for their names' sake.
struct DroppedFields: Sendable {
    /// Could be taken for one that the router writes or takes out.
    var collisions: UInt64 = 0
    /// `headers.underscores` says so.
    var underscores: UInt64 = 0

    mutating func add(_ other: DroppedFields) {
        collisions &+= other.collisions
        underscores &+= other.underscores
    }
}
