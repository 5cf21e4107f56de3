import AdminAPI
import AdminClient
import ControlKit
import EventLoop
import Operations
import Synchronization
import TestSupport
import Testing

@testable import Router

/// A whole router of this process, with its routes file in a folder that goes with it, and callers of it.
final class LiveRouter: Sendable {
    private final class Box: @unchecked Sendable {
        // @unchecked: written by the loop's thread before it opens a gate, read behind that gate.
        var router: RouterProcess?
        var failure: String?
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let scratch: TemporaryFolder
    private let thread: LoopThread
    private let box: Box
    private let ended = Gate()

    var config: String { scratch.file("routes.json") }
    var ledger: String { scratch.file("ledger.db") }

    init(_ document: String) throws {
        scratch = try TemporaryFolder()
        SignalSource.block([])
        try FileSystem.replace(scratch.file("routes.json"), with: Array(document.utf8))
        let options = RouterOptions(configuration: scratch.file("routes.json"), threads: 1)
        let (box, ready, ended) = (Box(), Gate(), ended)
        self.box = box
        thread = try LoopThread(name: "control") { loop in
            do throws(RouterProcess.StartFailure) {
                box.router = try RouterProcess(options, loop: loop) { _ in ended.open() }
            } catch {
                box.failure = error.message
            }
            ready.open()
        }
        ready.wait()
        if let failure = box.failure { throw Failure(description: failure) }
    }

    deinit {
        thread.loop.execute { [box] in box.router?.stop() }
        if box.router != nil { ended.wait() }
        thread.stopAndJoin()
    }

    /// Over the router's own socket, as a program beside it would.
    var admin: AdminClient {
        let address = AdminAddress.unix(scratch.file("admin.sock"))
        return AdminClient(address: address, exchange: AdminTransport.connect(address, nil, .seconds(30)))
    }

    func context(as actor: String = "controller", dryRun: Bool = false) -> OperationContext {
        let admin = admin
        return OperationContext(
            configPath: config, admin: { admin }, isRouterNamed: true, isDryRun: dryRun, despiteData: false,
            author: .init(actor: actor, reason: "the evidence says so"), dataPath: scratch.file("data.json"),
            isDataNamed: false,
            ledger: LedgerBook(
                path: ledger, actor: actor, now: { "2026-01-01T00:00:00Z" }, warn: { Issue.record("\($0)") }),
            remark: { Issue.record("\($0)") }, waits: {})
    }
}
