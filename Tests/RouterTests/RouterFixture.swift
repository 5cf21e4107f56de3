import DurableFiles
import EventLoop
import Glibc
import JSON
import TestSupport
import Testing

@testable import Router

/// A whole router on port 0 with a configuration of its own, in a folder that goes with it.
final class RouterFixture: @unchecked Sendable {
    // @unchecked: written in `init` and by the loop's thread through gates; read after them.
    private let scratch: TemporaryFolder
    var folder: String { scratch.path }
    let threads: Int
    private let thread: LoopThread
    private let box = Box()
    private let ended = Gate()

    final class Box: @unchecked Sendable {
        // @unchecked: handed over by gates.
        var router: RouterProcess?
        var failure: String?
        var status: Int32?
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - configuration: gets the ports of the upstreams by `\(...)`; must listen on 127.0.0.1:0 and have an
    ///   admin address.
    ///   - hasServed: the configuration is one that served before, and whose rules came after it.
    init(
        _ configuration: String, threads: Int = 1, resolver: NameResolver = .system, files: FileCalls = .kernel,
        hasServed: Bool = false, holds: HoldBounds = HoldBounds()
    ) throws {
        let scratch = try TemporaryFolder()
        let folder = scratch.path
        self.scratch = scratch
        self.threads = threads
        SignalSource.block([])
        try DurableFile(path: "\(folder)/routes.json").replace(with: Array(configuration.utf8))
        if hasServed {
            try Generations(of: DurableFile(path: "\(folder)/routes.json")).keep(
                Array(configuration.utf8), revision: 7)
        }
        var options = RouterOptions(
            configuration: "\(folder)/routes.json", threads: threads, resolver: resolver, files: files)
        options.holds = holds
        let served = options
        let (box, ready, ended) = (box, Gate(), ended)
        thread = try LoopThread(name: "control") { loop in
            do throws(RouterProcess.StartFailure) {
                box.router = try RouterProcess(served, loop: loop) { status in
                    box.status = status
                    ended.open()
                }
            } catch {
                box.failure = error.message
            }
            ready.open()
        }
        ready.wait()
        if let failure = box.failure { throw Failure(description: failure) }
    }

    deinit {
        // The workers' threads go on until the process ends, without listeners: a router is a process.
        thread.loop.execute { [box] in box.router?.stop() }
        // One that could not start has no end to wait for.
        if box.router != nil, box.status == nil { ended.wait() }
        thread.stopAndJoin()
    }

    var port: UInt16 { box.router?.addresses.first?.port ?? 0 }
    var adminPort: UInt16 { box.router?.adminAddresses.last?.port ?? 0 }

    func client() throws -> RawClient { try RawClient(port: port) }

    /// Status and body of one request on a connection of its own.
    func get(_ path: String, _ fields: String = "") throws -> (head: String, body: String) {
        let client = try client()
        try client.send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
        let (head, body) = try client.readMessage()
        return (head, String(decoding: body, as: UTF8.self))
    }

    /// Calls the admin API; the body as JSON.
    func admin(_ method: String, _ path: String, _ body: String = "", fields: String = "") throws -> (
        status: Int, json: JSONDocument
    ) {
        let client = try RawClient(port: adminPort)
        let text = body.isEmpty ? "" : "content-length: \(body.utf8.count)\r\n"
        try client.send("\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n\(fields)\(text)\r\n\(body)")
        let (head, answer) = try client.readMessage()
        return (Int(head.dropFirst(9).prefix(3)) ?? 0, try JSONDocument(answer))
    }

    /// Lines of `GET /metrics`.
    func metrics() throws -> [Substring] {
        let client = try RawClient(port: adminPort)
        try client.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
        return String(decoding: try client.readMessage().body, as: UTF8.self).split(separator: "\n")
    }

    /// Waits until `line` is among the metrics.
    func waitForMetric(_ line: String) throws {
        let patience = ContinuousClock.now + .seconds(10)
        while try !metrics().contains(Substring(line)) {
            guard ContinuousClock.now < patience else { throw Failure(description: "not seen: \(line)") }
        }
    }

    func write(_ configuration: String) throws {
        try DurableFile(path: "\(folder)/routes.json").replace(with: Array(configuration.utf8))
    }

    /// As SIGTERM: waits for the end.
    func stop() -> Int32? {
        thread.loop.execute { [box] in box.router?.stop() }
        ended.wait()
        return box.status
    }

    /// Runs `body` on the control loop, and waits for it.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (RouterProcess) -> Value) throws -> Value {
        let (result, done) = (Guarded<Value?>(nil), Gate())
        thread.loop.execute { [box] in
            if let router = box.router {
                let value = body(router)
                result.withLock { $0 = value }
            }
            done.open()
        }
        #expect(done.wait())
        return try #require(result.withLock { $0 })
    }

    func beginStop() { thread.loop.execute { [box] in box.router?.stop() } }
    func waitForEnd() -> Int32? {
        ended.wait()
        return box.status
    }
}

/// Answers every request with `name` and counts them; keeps heads and bodies.
final class EchoUpstream: Sendable {
    private let list = Guarded<[(head: String, body: [UInt8])]>([])
    let server: RawServer

    init(_ name: String) throws {
        let list = self.list
        server = try RawServer { client in
            while true {
                let (head, body) = try client.readMessage()
                list.withLock { $0.append((head, body)) }
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: \(name.utf8.count)\r\n\r\n\(name)")
            }
        }
    }

    var port: UInt16 { server.port }
    var requests: [(head: String, body: [UInt8])] { list.withLock { $0 } }
}

/// A port on which nobody listens.
func refusedPort() throws -> UInt16 {
    let server = try RawServer { _ in }
    server.stop()
    // The listening socket is gone when a connection is refused.
    for _ in 0..<1000 {
        guard (try? RawClient(port: server.port)) != nil else { return server.port }
        sched_yield()
    }
    return server.port
}

/// One route from `/` with both sides.
func configuration(
    legacy: UInt16, service: UInt16, percent: String = "0", route: String = "", top: String = "", context: String = ""
) -> String {
    // A percentage on a route that takes writes needs a mode; without keys each request is drawn for itself.
    let isFree = !route.contains(#""context""#)
    let named = isFree ? #""context": "free","# : ""
    let free = isFree && context.isEmpty ? #""contexts": { "free": { "keys": [], "mode": "stateless" } },"# : ""
    return """
        {
          "version": 1, "revision": 7,
          "listen": ["127.0.0.1:0"],
          "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
          "upstreams": {
            "old": { "endpoints": ["127.0.0.1:\(legacy)"] },
            "new": { "endpoints": ["127.0.0.1:\(service)"] }
          },
          \(context)\(free)\(top)
          "routes": [
            { "id": "all", "match": { "prefix": "/" }, "legacy": "old", "service": "new", \(named)\(route)
              "percent": \(percent) }
          ]
        }
        """
}
