import DurableFiles
import EventLoop
import Glibc
import HTTP
import HTTPTransport
import Routing

/// The admin API's door: listeners on the control loop, and who may come in.
///
/// Whoever can open the unix socket (mode 0600) may use it. TCP is for loopback, or for holders of the token; browsers
/// are kept out by `Host` (DNS rebinding) and `Origin` (cross-site requests) unless they send the token.
final class AdminServer {
    private unowned let router: RouterProcess
    private var listeners: [Listener] = []
    private(set) var addresses: [SocketAddress] = []
    /// In the order of the listeners.
    private(set) var socketGroups: [SocketGroup] = []
    private let token: [UInt8]?

    static let bodyLimit: UInt64 = 1 << 20

    /// - Parameter inherited: where sockets of these addresses are taken from, when another process had them.
    init(
        _ router: RouterProcess, _ settings: AdminSettings, _ inherited: inout InheritedSockets
    ) throws(RouterProcess.StartFailure) {
        self.router = router
        let compiler = router.store.compiler
        do throws(SecretFile.Refusal) {
            token = try settings.tokenFile.map { path throws(SecretFile.Refusal) in
                try SecretFile(path: compiler.absolute(path)).read()
            }
        } catch {
            throw .init(message: "admin.tokenFile: \(error)", status: 78)
        }
        if let unix = settings.unix {
            let path = compiler.absolute(unix)
            guard let address = SocketAddress(unixPath: path) else {
                throw .init(message: "admin.unix: \(path): a socket's path has 1 to 107 bytes", status: 78)
            }
            // `run/` beside the file is made when missing; deeper paths are the user's business.
            _ = mkdir(DurableFile(path: path).folder, 0o700)
            try listen(address, "admin.unix: \(path)", &inherited)
        }
        if let text = settings.listen {
            guard let address = SocketAddress(text) else {
                throw .init(message: "admin.listen: \(text): use ADDRESS:PORT", status: 78)
            }
            guard address.isLoopback || token != nil else {
                throw .init(
                    message: "admin.listen: \(text) is not loopback: give admin.tokenFile, or listen on 127.0.0.1",
                    status: 78)
            }
            try listen(address, "admin.listen: \(text)", &inherited)
        }
    }

    private func listen(
        _ address: SocketAddress, _ what: String, _ inherited: inout InheritedSockets
    ) throws(RouterProcess.StartFailure) {
        var options = ServerOptions()
        options.bodyLimit = Self.bodyLimit
        options.connections = 256
        options.connectionsPerAddress = 256
        do throws(SystemError) {
            let listener = try Listener(
                loop: router.loop, address: address, options: options, delegate: self, tag: listeners.count,
                sharesAddress: false, adopted: inherited.take(.admin, address).first)
            listeners.append(listener)
            addresses.append(listener.address)
            socketGroups.append(
                SocketGroup(role: .admin, name: address.description, descriptors: [listener.fd]))
        } catch {
            throw .init(message: "\(what): \(error)", status: 1)
        }
    }

    /// Accepts nothing for now; connections wait in the kernel's queues, and those that are open are served.
    func holdListeners() {
        listeners.hold()
    }

    func resumeListeners() {
        listeners.resumeAccepting()
    }

    /// Another process has the sockets: those who are connected here learn with their next response that they must
    /// connect anew.
    /// - Parameters:
    ///   - kept: places of the listeners whose sockets it kept; the others end.
    ///   - done: once for each listener, when its last connection has ended.
    func handOver(_ kept: Set<Int>, within patience: Duration, done: @escaping () -> Void) {
        router.events.close()
        router.waitingReports.answerAll()
        for (place, listener) in listeners.enumerated() {
            if kept.contains(place) { listener.handOver() }
            listener.drain(within: patience, done: done)
        }
    }

    var listenerCount: Int { listeners.count }

    func close() {
        router.events.close()
        router.taps.close()
        for listener in listeners { listener.closeNow() }
    }

    /// nil: come in. Otherwise why not.
    func refusal(_ request: AdminRequest) -> AdminAnswer? {
        if let refusal = strangerRefusal(request) { return refusal }
        guard router.refusesChanges, request.method != "GET", request.method != "HEAD" else { return nil }
        // What is changed here now would be lost: the other process has read the configuration, or is about to.
        return .takenOver
    }

    private func strangerRefusal(_ request: AdminRequest) -> AdminAnswer? {
        // Probes of orchestrators carry no token and learn nothing but "ok".
        if request.path == "/healthz" || request.path == "/readyz" { return nil }
        if let token {
            let given = request.bearer
            let isRight = given.withUnsafeBytes { Exchange.equalsInConstantTime($0, token) }
            if isRight { return nil }
            guard request.isUnix else {
                return .problem(
                    401, "unauthorized", "send the bearer token of admin.tokenFile",
                    fields: "www-authenticate: Bearer\r\n")
            }
        }
        guard request.origin.isEmpty else {
            return .problem(403, "forbidden", "requests of browsers (with Origin) need the bearer token")
        }
        guard request.isUnix || Self.isLoopbackName(request.host) else {
            return .problem(403, "forbidden", "Host must name loopback, or the request carry the bearer token")
        }
        return nil
    }

    static func isLoopbackName(_ host: String) -> Bool {
        var name = host[...]
        if name.hasPrefix("[") {
            name = name.prefix { $0 != "]" }.dropFirst()
            return name == "::1"
        }
        name = name.prefix { $0 != ":" }
        if name.lowercased() == "localhost" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension AdminServer: ClientStreamDelegate {
    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {
        let exchange = AdminExchange(AdminRequest(request, isUnix: connection.isUnix), router: router, server: self)
        connection.delegate = exchange
    }
}

/// One request to the admin API, from its head to its response.
final class AdminExchange: ClientStreamDelegate {
    private var request: AdminRequest
    private let router: RouterProcess
    private let server: AdminServer
    private var client: (any ClientStream)?

    init(_ request: AdminRequest, router: RouterProcess, server: AdminServer) {
        self.request = request
        self.router = router
        self.server = server
    }

    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {}

    func requestBody(_ connection: any ClientStream, _ bytes: UnsafeRawBufferPointer) {
        request.body.append(contentsOf: bytes)
    }

    func requestEnd(_ connection: any ClientStream) {
        client = connection
        if let refusal = server.refusal(request) {
            send(refusal)
            return
        }
        AdminRoutes(router).answer(request) { [self] answer in send(answer) }
    }

    func exchangeEnded(_ connection: any ClientStream, _ end: ExchangeEnd) {
        router.events.remove(connection)
        router.taps.remove(connection)
        client = nil
    }

    private func send(_ answer: AdminAnswer) {
        // Gone meanwhile: the change is done all the same.
        guard let client else {
            if case .tap(let number, _) = answer.stream { router.taps.remove(number) }
            return
        }
        let isStream = answer.stream != nil
        var writer = client.beginHead(HTTPStatus(answer.status))
        writer.append(text: "content-type: \(answer.contentType)\r\ncache-control: no-store\r\n")
        writer.append(text: answer.fields)
        client.sendHead(writer, body: isStream ? .unknown : .length(UInt64(answer.body.count)))
        switch answer.stream {
        case .events where request.method != "HEAD":
            if !router.events.add(client) { client.finish() }
            return
        case .tap(let number, let limit) where request.method != "HEAD":
            router.taps.attach(number, to: client, limit: limit)
            return
        case .tap(let number, _): router.taps.remove(number)
        case .events, nil: break
        }
        if request.method != "HEAD" { answer.body.withUnsafeBytes { client.sendBody($0) } }
        client.finish()
    }
}
