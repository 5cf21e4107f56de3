import EventLoop
import Routing

/// Looks names among the endpoints up again while they are served, and hands changed sets to the loops. Confined to the
/// control loop; look-ups run one after the other on a thread of their own, because they block.
final class NameRefresher {
    private unowned let router: RouterProcess
    private let resolver: NameResolver
    private var names: [Endpoint: Name] = [:]
    /// Begun with the first look-up. Its thread is never joined: it may be blocked in a look-up when the process ends.
    private var lookUps: Loop?

    private(set) var answered: UInt64 = 0
    private(set) var failed: UInt64 = 0
    private(set) var changes: UInt64 = 0
    var failing: Int { names.values.count { $0.watch.isFailing } }

    private struct Name {
        var watch: NameWatch
        /// nil: only when the configuration is read.
        var interval: Moment.Span?
        let timer: Timer
        /// A look-up is under way: the next begins after it.
        var isAsked = false
    }

    init(_ router: RouterProcess, resolver: NameResolver) {
        self.router = router
        self.resolver = resolver
    }

    /// Watches the names of a table that is served. Those that stay keep what is known of them.
    func follow(_ table: ServedTable) {
        var intervals: [Endpoint: Moment.Span?] = [:]
        for upstream in table.document.upstreams {
            let span = upstream.resolve.map { Moment.Span($0) }
            for endpoint in upstream.endpoints where table.answers[endpoint] != nil {
                // Of two upstreams with the same name the more eager one decides.
                let known = intervals[endpoint] ?? nil
                intervals[endpoint] = .some([known, span].compactMap { $0 }.min())
            }
        }
        for (endpoint, name) in names where intervals[endpoint] == nil {
            name.timer.cancel()
            names[endpoint] = nil
        }
        for (endpoint, span) in intervals {
            if let name = names[endpoint] {
                guard name.interval != span else { continue }
                names[endpoint]?.interval = span
                if let span { name.timer.fire(after: span) } else { name.timer.clearDeadline() }
            } else {
                let timer = Timer(loop: router.loop) { [unowned self] in ask(endpoint) }
                names[endpoint] = Name(
                    watch: NameWatch(addresses: table.answers[endpoint] ?? []), interval: span, timer: timer)
                if let span { timer.fire(after: span) }
            }
        }
        router.store.answers = names.mapValues(\.watch.addresses)
        // A table that was compiled before the last answer came.
        if names.contains(where: { table.answers[$0.key] != $0.value.watch.addresses }) { handOut() }
    }

    /// The configuration was read again: the operator who asked for that wants the addresses of now.
    func lookAgain() { for endpoint in names.keys { ask(endpoint) } }

    func stop() {
        for name in names.values { name.timer.cancel() }
        names.removeAll()
        lookUps?.stop()
    }

    private func ask(_ endpoint: Endpoint) {
        guard case .tcp(let host, let port) = endpoint, names[endpoint]?.isAsked == false else { return }
        if lookUps == nil {
            do throws(SystemError) {
                let loop = try Loop()
                try PlainThread(name: "names") { loop.run() }.detach()
                lookUps = loop
            } catch {
                answered(endpoint, .failure("\(error)"))
                return
            }
        }
        names[endpoint]?.isAsked = true
        lookUps?.execute { [router, resolver] in
            let answer = resolver.lookUp(host, port)
            router.loop.execute { router.names?.answered(endpoint, answer) }
        }
    }

    private func answered(_ endpoint: Endpoint, _ answer: NameAnswer) {
        guard var name = names[endpoint] else { return }
        let before = name.watch.addresses
        let action = name.watch.answered(answer)
        name.isAsked = false
        names[endpoint] = name
        if let interval = name.interval { name.timer.fire(after: interval) }
        switch action {
        case .nothing: answered &+= 1
        case .recovered:
            answered &+= 1
            RouterLog.write(.info, "name is found again", ["name": "\(endpoint)"])
        case .keep(let reason, let isNews):
            failed &+= 1
            guard isNews else { return }
            RouterLog.write(
                .warning, "name is not found, its last addresses stay",
                ["name": "\(endpoint)", "problem": reason, "addresses": Self.text(before)])
        case .adopt:
            answered &+= 1
            changes &+= 1
            RouterLog.write(
                .info, "addresses changed",
                ["name": "\(endpoint)", "before": Self.text(before), "after": Self.text(name.watch.addresses)])
            router.store.answers[endpoint] = name.watch.addresses
            handOut()
        }
    }

    private func handOut() {
        router.refresh { [names] in $0.answering(names.mapValues(\.watch.addresses)) }
    }

    private static func text(_ addresses: [SocketAddress]) -> String {
        addresses.map(\.description).joined(separator: " ")
    }
}
