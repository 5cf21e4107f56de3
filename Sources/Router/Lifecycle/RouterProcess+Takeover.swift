import EventLoop
import Routing

/// Both sides of a take-over. docs/decisions/0008 has the reasons for its steps.
extension RouterProcess {
    // MARK: The new process

    /// The router that runs with this configuration, once it has sent its sockets; nil when none runs.
    func findPredecessor(_ table: ServedTable) throws(StartFailure) -> TakeoverClient? {
        guard let address = takeoverAddress(table) else {
            throw StartFailure(
                message:
                    "cannot take over: it goes by a socket beside admin.unix, which is off or longer than 98 bytes",
                status: 78)
        }
        guard let client = try TakeoverClient.begin(address) else {
            RouterLog.write(.info, "no router to take over from, starting as usual", ["socket": "\(address)"])
            return nil
        }
        // The copy that once worked is for the case that no router serves; here one does.
        guard source == .file else {
            throw TakeoverClient.failure("\(store.path) was refused, see above; the running router serves on")
        }
        try client.collect()
        return client
    }

    /// Waits until the other router has let go, then serves.
    func succeed(_ predecessor: TakeoverClient, keeping inherited: InheritedSockets) throws(StartFailure) {
        predecessor.sockets = inherited
        try predecessor.finish {
            adoptNewestRevision()
            resumeListeners()
        }
        RouterLog.write(.info, "taken over", ["from": "\(predecessor.process)"])
    }

    /// The other router may have made a change after this one had read the file. The workers hear of it before they
    /// accept.
    func adoptNewestRevision() {
        switch store.startAgain() {
        case .success(nil): break
        case .success(let table?):
            _ = inTurn(.other) { [self] _, finished in
                serve(table) { [self] in
                    settle(table)
                    finished(false)
                }
            }
        case .failure(let problem):
            RouterLog.write(
                .error, "configuration refused, the one read before serves",
                ["file": store.path, "problem": problem.message])
        }
    }

    // MARK: The running process

    private func takeoverAddress(_ table: ServedTable) -> SocketAddress? {
        table.document.admin.unix.flatMap { TakeoverServer.address(beside: store.compiler.absolute($0)) }
    }

    /// A router that cannot be taken over serves all the same.
    func startTakeoverServer(_ table: ServedTable, _ inherited: inout InheritedSockets) {
        guard let address = takeoverAddress(table) else { return }
        do throws(SystemError) {
            let server = try TakeoverServer(self, address: address, adopted: inherited.take(.takeover, address).first)
            takeover = server
            socketGroups.append(SocketGroup(role: .takeover, name: address.description, descriptors: [server.fd]))
        } catch {
            RouterLog.write(
                .warning, "cannot be taken over from", ["socket": "\(address)", "problem": "\(error)"])
        }
    }

    /// Makes every loop stop accepting and refuses changes; `done` is called when that is so and every earlier change
    /// is served and written. The other process would know nothing of holds: those that stand end before.
    func holdListeners(_ done: @escaping () -> Void) {
        holds.whenNoneStands { [self] in stopAccepting(done) }
    }

    private func stopAccepting(_ done: @escaping () -> Void) {
        refusesChanges = true
        admin?.holdListeners()
        // A loop handles its messages in order, so by then it has done and acknowledged all that it was sent before, a
        // new table among it.
        collect({ $0.holdListeners() }, done: { _ in done() })
    }

    func resumeListeners() {
        refusesChanges = false
        holds.acceptAgain()
        admin?.resumeListeners()
        for worker in workers { worker.run { $0.resumeListeners() } }
    }

    /// Another process accepts from now on: closes our copies of the sockets that it kept, and drains.
    /// - Parameter kept: indices in `socketGroups`.
    func handOver(_ kept: [Int], to process: Int32) {
        RouterLog.write(.info, "handed over, draining", ["to": "\(process)"])
        let groups = Set(kept)
        func places(_ role: TakeoverMessage.Role) -> Set<Int> {
            let ofRole = socketGroups.indices.filter { socketGroups[$0].role == role }
            return Set(ofRole.indices.filter { groups.contains(ofRole[$0]) })
        }
        takeover?.close(isHandedOver: !places(.takeover).isEmpty)
        let patience = store.current?.document.timeouts.drain ?? .seconds(10)
        // A request to the admin API that reached the old process gets its response from it.
        undrained += admin?.listenerCount ?? 0
        drain(handedOver: places(.data))
        admin?.handOver(places(.admin), within: patience) { [self] in listenersDrained() }
    }
}
