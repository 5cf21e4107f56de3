import Arguments
package import ControlKit
import EventLoop
import HTTP
import Parity
import ServiceKit

/// `strangler parity wrong-proxy`: stands before a service and makes its responses wrong in one way, so that a release
/// build can show what parity catches. Everything else passes as it is.
package enum WrongProxyCommand {
    package static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let listen = invocation.inputs["listen"] ?? "127.0.0.1:0"
        guard let upstream = SidePlace(try invocation.required("upstream")) else {
            throw OperationFailure(.usage, "--upstream is no address", fix: "--upstream 127.0.0.1:9003")
        }
        let name = try invocation.required("class")
        guard let wrongness = Wrongness(rawValue: name) else {
            throw OperationFailure(
                .usage, "\"\(name)\" is no class of wrongness",
                fix: "one of: " + Wrongness.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard let address = SocketAddress(listen) else {
            throw OperationFailure(.usage, "\"\(listen)\" is no address to listen on", fix: "--listen 127.0.0.1:0")
        }
        let delay = try Invocation.duration(invocation.inputs["delay"] ?? "5s", option: "--delay")
        do {
            let client = try HTTPClient(name: "wrong-proxy")
            let proxy = WrongProxy(
                wrongness: wrongness, upstream: upstream, client: client, prefix: invocation.inputs["path"] ?? "/api/",
                delay: delay)
            var hooks = ServiceHooks()
            hooks.onListening = { addresses in
                for address in addresses { invocation.console.print("listening on http://\(address)\n") }
            }
            let running = try Service.start(
                ServiceOptions(name: "wrong-proxy", listen: [address]), app: proxy.app, hooks: hooks)
            // Ctrl-C and SIGTERM cancel the command's task.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            running.stop()
            client.shutdown()
        } catch {
            throw OperationFailure(.failed, "cannot serve on \(listen): \(error)")
        }
        return Answer([], data: ["class": .string(wrongness.rawValue)])
    }
}

/// Forwards every request and edits the responses.
struct WrongProxy: Sendable {
    let wrongness: Wrongness
    let upstream: SidePlace
    let client: HTTPClient
    /// Responses to other paths stay right.
    let prefix: String
    let delay: Duration

    /// Largest request and answer that pass.
    private static let mostBytes = 64 << 20

    var app: ServiceApp {
        var app = ServiceApp()
        for method in HTTPMethod.allCases where method != .other && method != .connect && method != .trace {
            app.on(method, "/{path...}") { request in try await forward(request) }
        }
        return app
    }

    private func forward(_ request: ServiceRequest) async throws -> ServiceResponse {
        var fields = HTTPFields()
        for field in request.fields where !Self.isPerConnection(field.name) { fields.append(field.name, field.value) }
        let target = request.path + (request.query.isEmpty ? "" : "?" + request.query)
        let body = try await request.body.collect(limit: Self.mostBytes)
        let isWrong = request.path.hasPrefix(prefix)
        if isWrong, wrongness == .delay { try await Task.sleep(for: delay) }
        if isWrong, wrongness == .outcome { return Self.brokenOff }
        let right: HTTPResponse
        do {
            right = try await client.send(
                HTTPRequest(
                    method: request.method.name.description, target: upstream.prefix + target,
                    host: request.fields["host"] ?? upstream.host, fields: fields, body: body),
                to: upstream.address, timeout: .seconds(60), limit: Self.mostBytes)
        } catch {
            throw Problem(.badGateway, code: "upstream", title: error.description)
        }
        var recorded = ContentReading.undone(
            RecordedResponse(
                status: Int(right.status.rawValue), headers: right.fields.map { ($0.name, $0.value) },
                body: .bytes(right.body)))
        // What is to be made wrong in it must be readable; without its coding it is the same response.
        if recorded.codingProblem == nil { recorded.headers.removeAll { $0.name.lowercased() == "content-encoding" } }
        let edited = isWrong ? wrongness.applied(to: recorded) { Pictures.repaint($0) } : nil
        return Self.response(edited ?? recorded)
    }

    private static func response(_ answer: RecordedResponse) -> ServiceResponse {
        var bytes: [UInt8] = []
        if case .bytes(let body) = answer.body { bytes = body }
        var response = ServiceResponse(HTTPStatus(UInt16(clamping: answer.status)), body: bytes)
        for header in answer.headers where !isPerConnection(header.name) {
            response.fields.append(header.name, header.value)
        }
        return response
    }

    /// Begins a response and breaks it off.
    private static var brokenOff: ServiceResponse {
        .stream(contentType: "application/json") { writer in
            try await writer.write(Array("{".utf8))
            throw CancellationError()
        }
    }

    /// Fields of one connection or of its framing (RFC 9110 §7.6.1), which both connections write for themselves.
    private static func isPerConnection(_ name: String) -> Bool {
        [
            "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection",
            "content-length", "date", "host", "expect",
        ].contains(name.lowercased())
    }
}
