import EventLoop
import Glibc
import HTTPTransport

// `bench-upstream HOST:PORT`: one loop, keep-alive, until it is killed.

private func serve() -> Int32 {
    guard CommandLine.arguments.count == 2, let address = SocketAddress(CommandLine.arguments[1]) else {
        print("usage: bench-upstream HOST:PORT")
        return 64
    }
    do throws(SystemError) {
        let loop = try Loop()
        var options = ServerOptions()
        options.connections = 40_000
        options.connectionsPerAddress = 40_000
        options.requestsPerConnection = .max
        let listener = try Listener(loop: loop, address: address, options: options, delegate: Upstream(loop: loop))
        print("listening on http://\(listener.address)")
        fflush(nil)
        loop.run()
        return 0
    } catch {
        print("bench-upstream: \(error)")
        return 1
    }
}

exit(serve())
