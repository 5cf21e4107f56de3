import EventLoop
import HTTP
import ServiceKit
import Synchronization
import TestSupport
import Testing

/// A service and a client over real sockets.
struct ServiceTests {
    private static func running(
        _ hooks: ServiceHooks = ServiceHooks(), _ build: (inout ServiceApp) -> Void
    ) throws -> (RunningService, HTTPClient) {
        var app = ServiceApp()
        build(&app)
        let address = try #require(SocketAddress("127.0.0.1:0"))
        let service = try Service.start(ServiceOptions(name: "test", listen: [address]), app: app, hooks: hooks)
        return (service, try HTTPClient())
    }

    @Test func `an answer comes back`() async throws {
        let (service, client) = try Self.running { app in
            app.on(.get, "/hello/{name}") { .text(.ok, "hello " + $0.parameter("name")) }
        }
        let answer = try await client.send(HTTPRequest(target: "/hello/you"), to: service.addresses[0])
        #expect(answer.status == .ok)
        #expect(answer.body == Array("hello you".utf8))
        #expect(answer.fields["date"] != nil)
        client.shutdown()
        service.stop()
    }

    @Test(arguments: [0, 1, 65_536, 1 << 20, 5 << 20])
    func `bodies of any size go both ways`(size: Int) async throws {
        let (service, client) = try Self.running { app in
            app.on(.post, "/echo") { request in
                ServiceResponse(.ok, body: try await request.body.collect(limit: 16 << 20))
            }
        }
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let request = HTTPRequest(method: "POST", target: "/echo", body: body)
        let answer = try await client.send(request, to: service.addresses[0])
        #expect(answer.body == body)
        client.shutdown()
        service.stop()
    }

    @Test func `a streamed answer arrives whole`() async throws {
        let (service, client) = try Self.running { app in
            app.on(.get, "/stream") { _ in
                .stream(contentType: "text/plain") { writer in
                    for _ in 0..<200 { try await writer.write([UInt8](repeating: 120, count: 50_000)) }
                }
            }
        }
        let answer = try await client.send(HTTPRequest(target: "/stream"), to: service.addresses[0])
        #expect(answer.body.count == 10_000_000)
        client.shutdown()
        service.stop()
    }

    @Test func `a stream that fails looks broken`() async throws {
        struct Broken: Error {}
        let (service, client) = try Self.running { app in
            app.on(.get, "/stream") { _ in
                .stream(contentType: "text/plain") { writer in
                    try await writer.write([1, 2, 3])
                    throw Broken()
                }
            }
        }
        await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPRequest(target: "/stream"), to: service.addresses[0])
        }
        client.shutdown()
        service.stop()
    }

    private static let large = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    @Test func `an asset in pieces arrives whole and says its length`() async throws {
        // Made before anybody waits for it: in a build that looks for races that takes seconds.
        let large = Self.large
        let (service, client) = try Self.running { app in
            app.on(.get, "/asset") { request in
                StaticAsset(length: large.count, contentType: "image/png", etag: "x") { offset, count in
                    Array(large[offset...].prefix(min(count, 100_000)))
                }.response(to: request)
            }
        }
        let address = service.addresses[0]
        let answer = try await client.send(HTTPRequest(target: "/asset"), to: address, timeout: .seconds(60))
        #expect(answer.body == large)
        #expect(answer.fields["content-length"] == "700000")
        #expect(answer.fields["transfer-encoding"] == nil)
        let fields: HTTPFields = ["if-none-match": "\"x\""]
        let known = try await client.send(HTTPRequest(target: "/asset", fields: fields), to: address)
        #expect(known.status == .notModified)
        client.shutdown()
        service.stop()
    }

    @Test func `nothing is read for a head`() async throws {
        let reads = Atomic(0)
        let (service, client) = try Self.running { app in
            app.on(.get, "/asset") { request in
                StaticAsset(length: 700_000, contentType: "image/png", etag: "x") { _, _ in
                    reads.add(1, ordering: .relaxed)
                    return Self.large
                }.response(to: request)
            }
        }
        let answer = try await client.send(HTTPRequest(method: "HEAD", target: "/asset"), to: service.addresses[0])
        #expect(answer.fields["content-length"] == "700000")
        #expect(answer.body.isEmpty)
        #expect(reads.load(ordering: .relaxed) == 0)
        client.shutdown()
        service.stop()
    }

    @Test(arguments: [0, 50_000]) func `an asset that vanishes midway looks broken`(more: Int) async throws {
        let (service, client) = try Self.running { app in
            app.on(.get, "/asset") { request in
                StaticAsset(length: 100_000, contentType: "image/png", etag: "x") { offset, _ in
                    offset == 0 ? [UInt8](repeating: 1, count: 60_000) : [UInt8](repeating: 2, count: more)
                }.response(to: request)
            }
        }
        await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPRequest(target: "/asset"), to: service.addresses[0])
        }
        client.shutdown()
        service.stop()
    }

    /// What is read beyond that fills the kernel's buffers.
    @Test func `nothing is read for a reader that stalls`() async throws {
        let reads = Atomic(0)
        let (service, client) = try Self.running { app in
            app.on(.get, "/asset") { request in
                StaticAsset(length: 100 << 20, contentType: "image/png", etag: "x") { _, count in
                    reads.add(1, ordering: .relaxed)
                    return [UInt8](repeating: 7, count: count)
                }.response(to: request)
            }
            app.on(.get, "/small") { _ in .text(.ok, "here") }
        }
        let address = service.addresses[0]
        let stalled = try RawClient(port: try #require(address.port))
        try stalled.send("GET /asset HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try stalled.read(until: "\r\n\r\n").contains("content-length: 104857600"))
        for _ in 0..<200 { _ = try await client.send(HTTPRequest(target: "/small"), to: address) }
        #expect((1..<100).contains(reads.load(ordering: .relaxed)))
        stalled.resetOnClose()
        client.shutdown()
        service.stop()
    }

    @Test func `a body that comes too slowly is refused`() async throws {
        var options = ServiceOptions(name: "test", listen: [try #require(SocketAddress("127.0.0.1:0"))])
        options.bodyRate = 1 << 20
        options.bodyRateGrace = .milliseconds(50)
        var app = ServiceApp()
        app.on(.post, "/x") { .text(.ok, "\(try await $0.body.collect(limit: 1 << 20).count)") }
        let service = try Service.start(options, app: app)
        let socket = try RawClient(port: try #require(service.addresses[0].port))
        try socket.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        #expect(try socket.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 408 "))
        service.stop()
    }

    @Test func `work on another thread is awaited`() async throws {
        let pool = try WorkerPool(name: "work", threads: 2)
        let (service, client) = try Self.running { app in
            app.on(.get, "/work") { _ in .text(.ok, try await pool.run { "done" }) }
        }
        let address = service.addresses[0]
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    (try? await client.send(HTTPRequest(target: "/work"), to: address).body) == Array("done".utf8)
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        client.shutdown()
        service.stop()
        pool.stop()
    }

    @Test func `a body larger than the service takes is refused`() async throws {
        let (service, client) = try Self.running { app in
            app.on(.post, "/x") { _ in .text(.ok, "") }
        }
        let body = [UInt8](repeating: 1, count: (16 << 20) + 1)
        let answer = try await client.send(
            HTTPRequest(method: "POST", target: "/x", body: body), to: service.addresses[0])
        #expect(answer.status == .contentTooLarge)
        client.shutdown()
        service.stop()
    }

    @Test func `nobody there is unreachable`() async throws {
        let (service, client) = try Self.running { _ in }
        let address = service.addresses[0]
        service.stop()
        do {
            _ = try await client.send(HTTPRequest(target: "/"), to: address)
            Issue.record("something answered")
        } catch {
            #expect(error.code == .unreachable)
        }
        client.shutdown()
    }

    @Test func `a silent peer times out`() async throws {
        let (service, client) = try Self.running { app in
            app.on(.get, "/never") { request in
                // Waits until the client has gone.
                while try await request.body.next() != nil {}
                await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
                return .text(.ok, "")
            }
        }
        do {
            _ = try await client.send(
                HTTPRequest(target: "/never"), to: service.addresses[0], timeout: .milliseconds(100))
            Issue.record("it answered")
        } catch {
            #expect(error.code == .timedOut)
        }
        client.shutdown()
        service.stop()
    }

    @Test func `health readiness and metrics are there`() async throws {
        var hooks = ServiceHooks()
        hooks.notReady = { "waiting for the moon" }
        hooks.metrics = { "moon_phase 1\n" }
        let (service, client) = try Self.running(hooks) { _ in }
        let address = service.addresses[0]
        #expect(try await client.send(HTTPRequest(target: "/healthz"), to: address).status == .ok)
        let ready = try await client.send(HTTPRequest(target: "/readyz"), to: address)
        #expect(ready.status == .serviceUnavailable)
        #expect(String(decoding: ready.body, as: UTF8.self).contains("moon"))
        let metrics = try await client.send(HTTPRequest(target: "/metrics"), to: address)
        #expect(String(decoding: metrics.body, as: UTF8.self).contains("moon_phase 1"))
        client.shutdown()
        service.stop()
    }
}
