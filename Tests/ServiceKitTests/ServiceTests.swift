import EventLoop
import HTTP
import ServiceKit
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

    @Test func anAnswerComesBack() async throws {
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
    func bodiesOfAnySizeGoBothWays(size: Int) async throws {
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

    @Test func aStreamedAnswerArrivesWhole() async throws {
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

    @Test func aStreamThatFailsLooksBroken() async throws {
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

    @Test func workOnAnotherThreadIsAwaited() async throws {
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

    @Test func aBodyLargerThanTheServiceTakesIsRefused() async throws {
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

    @Test func nobodyThereIsUnreachable() async throws {
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

    @Test func aSilentPeerTimesOut() async throws {
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

    @Test func healthReadinessAndMetricsAreThere() async throws {
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
