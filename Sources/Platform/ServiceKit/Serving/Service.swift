import CLinux
package import EventLoop
import Glibc
import HTTP
import HTTPTransport

/// A small service: one loop that answers with an app's handlers until it is told to stop.
///
/// Prints `listening on http://HOST:PORT` (or `unix:PATH`) to standard output, a line per address, once it answers
/// there. SIGTERM or SIGINT: `/readyz` fails first, no more connections, answers under way are finished within `drain`,
/// then the hooks run and `run` returns. A second one ends the process at once.
package final class Service: @unchecked Sendable {
    // @unchecked: everything mutable is touched only on `loop`'s thread.

    private let options: ServiceOptions
    private let hooks: ServiceHooks
    private let app: ServiceApp
    private let loop: Loop
    private let counters = ServiceCounters()
    private var listeners: [Listener] = []
    private var signals: SignalSource?
    private var isDraining = false

    package init(_ options: ServiceOptions, app: ServiceApp, hooks: ServiceHooks = ServiceHooks()) throws(SystemError) {
        self.options = options
        self.hooks = hooks
        loop = try Loop()
        self.app = app
    }

    /// Serves on the calling thread until drained. Call `SignalSource.block()` before any thread is started.
    package func run() throws(SystemError) {
        linux_return_memory_from(256 << 10)
        loop.adoptCurrentThread()
        try open()
        signals = try SignalSource(loop: loop, signals: [SIGTERM, SIGINT]) { [unowned self] _ in stopRequested() }
        loop.run()
    }

    /// Serves on a thread of its own, without signals: for tests and for tools that serve beside other work.
    package static func start(
        _ options: ServiceOptions, app: ServiceApp, hooks: ServiceHooks = ServiceHooks()
    ) throws(SystemError) -> RunningService {
        let service = try Service(options, app: app, hooks: hooks)
        // This thread must not adopt the loop: it would go on counting as the loop's thread, and its `stop` would wake
        // no other.
        try service.open()
        let addresses = service.listeners.map(\.address)
        let thread = try PlainThread(name: options.name) { service.loop.run() }
        return RunningService(service: service, addresses: addresses, thread: thread)
    }

    private func open() throws(SystemError) {
        let delegate = ServiceConnections(
            app: withBuiltIns(app), counters: counters, bodyLimit: options.bodyLimit)
        var server = ServerOptions()
        server.bodyRate = options.bodyRate
        server.bodyRateGrace = options.bodyRateGrace
        for address in options.listen {
            listeners.append(try Listener(loop: loop, address: address, options: server, delegate: delegate))
        }
        hooks.onListening(listeners.map(\.address))
    }

    /// Serves `/healthz` (the loop runs), `/readyz` (requests are accepted) and `/metrics` (the counters).
    private func withBuiltIns(_ app: ServiceApp) -> ServiceApp {
        var app = app
        app.on(.get, "/healthz") { _ in .text(.ok, "ok\n") }
        app.on(.get, "/readyz") { [unowned self] _ in
            if isDraining { return .text(.serviceUnavailable, "draining\n") }
            if let reason = await hooks.notReady() { return .text(.serviceUnavailable, reason + "\n") }
            return .text(.ok, "ready\n")
        }
        app.on(.get, "/metrics") { [unowned self] request in
            // A service's metrics are for its operator: a request that came through a proxy does not get them.
            guard options.metricsBehindProxies || !request.client.isProxied else {
                throw Problem.notFound("no such path")
            }
            let text = counters.exposition + (await hooks.metrics())
            return ServiceResponse(.ok, body: Array(text.utf8), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
        return app
    }

    fileprivate func stopRequested() {
        if isDraining { _exit(130) }
        isDraining = true
        var left = listeners.count
        for listener in listeners {
            listener.drain(within: options.drain) { [self] in
                left -= 1
                if left == 0 { finish() }
            }
        }
        if listeners.isEmpty { finish() }
    }

    private func finish() {
        Task.immediate(executorPreference: loop) { [self] in
            await hooks.onDrained()
            loop.stop()
        }
    }

    fileprivate func requestStop() { loop.execute { self.stopRequested() } }
}

/// A service on a thread of its own.
package struct RunningService: Sendable {
    fileprivate let service: Service
    /// Where it listens, with real ports.
    package let addresses: [SocketAddress]
    fileprivate let thread: PlainThread

    /// Drains and waits for the end.
    package func stop() {
        service.requestStop()
        thread.join()
    }
}
