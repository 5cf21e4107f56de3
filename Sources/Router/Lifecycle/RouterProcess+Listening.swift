import EventLoop
import Glibc
import HTTPTransport
import Routing

/// The sockets on which a router listens, bound anew or taken over.
extension RouterProcess {
    func startAdmin(_ table: ServedTable, _ inherited: inout InheritedSockets) throws(StartFailure) {
        let server = try AdminServer(self, table.document.admin, &inherited)
        admin = server
        adminAddresses = server.addresses
        socketGroups += server.socketGroups
    }

    /// - Parameter isHeld: accept nothing before `resumeListeners`.
    func startWorkers(
        _ options: RouterOptions, _ table: ServedTable, _ inherited: inout InheritedSockets, isHeld: Bool
    ) throws(SystemError) {
        let census = ConnectionCensus()
        let serverOptions = ServerOptions(table.document, census: census)
        let count = max(1, options.threads)
        let limits = ProcessLimits(loops: count, holds: options.holds)
        var made: [Worker] = []
        for index in 0..<count {
            made.append(
                Worker(
                    loop: try Loop(), index: index, threads: options.threads, serving: table, limits: limits,
                    writes: writes,
                    report: { [self] event in self.loop.execute { [self] in workerReported(event) } }))
        }
        for (place, text) in table.document.listen.enumerated() {
            guard var address = SocketAddress(listening: text, compiler: store.compiler) else {
                throw SystemError("bind", EINVAL)
            }
            let name = address.description
            var sockets: [Int32] = []
            func open(on worker: Worker, _ adopted: Int32?) throws(SystemError) {
                // The first socket finds out the port when 0 is configured; the others share it.
                address = try worker.listen(
                    on: address, place: place, options: serverOptions, adopted: adopted, isHeld: isHeld)
                if let listener = worker.listeners.last { sockets.append(listener.fd) }
            }
            // All sockets are adopted, on however many loops: a connection that waits in one that is left out would be
            // reset.
            for (position, descriptor) in inherited.take(.data, address).enumerated() {
                try open(on: made[position % count], descriptor)
            }
            // Each loop has one socket; a unix address has only one in all.
            let wanted = address.isUnix ? 1 : count
            while sockets.count < wanted { try open(on: made[sockets.count], nil) }
            addresses.append(address)
            socketGroups.append(SocketGroup(role: .data, name: name, descriptors: sockets))
        }
        for worker in made { workers.append(try WorkerHandle(worker)) }
        undrained = workers.count
    }
}
