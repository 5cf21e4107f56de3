import EventLoop
import Glibc
import Routing

extension RouterProcess {
    /// Runs a router until it is told to stop, and returns the exit status.
    ///
    /// Prints one line per listener to standard output when it is ready, and everything else to standard error.
    package static func run(_ options: RouterOptions) -> Int32 {
        if options.checksOnly { return check(options) }
        // Signals are blocked before any thread is started, because threads inherit the mask.
        SignalSource.block([SIGTERM, SIGINT, SIGHUP])
        raiseDescriptorLimit()
        do {
            let loop = try Loop()
            let status = ExitStatus()
            let router = try RouterProcess(options, loop: loop) { [unowned loop] code in
                status.code = code
                loop.stop()
            }
            let signals = try SignalSource(loop: loop, signals: [SIGTERM, SIGINT, SIGHUP]) { signal in
                if signal == SIGHUP { router.reload { _ in } } else { router.stop() }
            }
            for address in router.addresses { announce("listening on ", address) }
            for address in router.adminAddresses { announce("admin on ", address) }
            RouterLog.write(
                .info, "serving",
                [
                    "revision": "\(router.store.current?.revision ?? 0)", "threads": "\(options.threads)",
                    "config": router.store.path,
                ])
            if let document = router.store.current?.document {
                // The operator who put the router in front of a monolith should read this before the users notice.
                RouterLog.write(
                    .info, "users get otherwise than from the monolith alone",
                    ["all": document.changesForUsers.joined(separator: "; "), "routes": "strangler validate"])
            }
            // Loading ten thousand routes takes 80 ms of a core, and the loops that serve must not wait for that.
            loop.givesWay = true
            loop.run()
            withExtendedLifetime(signals) {}
            return status.code
        } catch let failure as StartFailure {
            StandardStream.error.write("strangler-router: \(failure.message)\n")
            return failure.status
        } catch {
            StandardStream.error.write("strangler-router: \(error)\n")
            return 1
        }
    }

    private final class ExitStatus {
        var code: Int32 = 0
    }

    /// `--check`: status 0 without output, or status 78 with every error.
    private static func check(_ options: RouterOptions) -> Int32 {
        let store = ConfigurationStore(path: options.configuration, resolver: options.resolver)
        switch store.check() {
        case nil: return 0
        case let problem?:
            StandardStream.error.write("\(problem.message)\n")
            return 78
        }
    }

    private static func announce(_ prefix: String, _ address: SocketAddress) {
        StandardStream.output.write(prefix + (address.isUnix ? address.description : "http://\(address)") + "\n")
    }

    /// Raises the limit of descriptors to what the system allows, since each client and each upstream connection needs
    /// one.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
