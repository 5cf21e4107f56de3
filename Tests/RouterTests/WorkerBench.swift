import EventLoop
import Routing
import Testing

@testable import Router

/// A worker whose clients and upstreams are objects of the test, and so is its clock. The test's thread is the loop's.
final class WorkerBench {
    let loop: Loop
    let worker: Worker
    let old: InMemorySource
    let new: InMemorySource
    /// Where copies go to the new side.
    let newCopies: InMemorySource
    /// The holds that the worker said have nothing under way any more.
    var emptied: [UInt64] { events.emptied }

    /// Lives on the test's thread, as the worker does.
    private final class Events: @unchecked Sendable {
        // @unchecked: written and read on one thread.
        var emptied: [UInt64] = []
    }

    private let events: Events

    private var document: RoutesDocument
    private var served: ServedTable

    /// - Parameters:
    ///   - upstream: settings of the old side's upstream, with a comma behind.
    ///   - edit: changes what the text says, before it is served.
    init(
        percent: String = "0", route: String = "", top: String = "", upstream: String = "", context: String = "",
        edit: (inout RoutesDocument) -> Void = { _ in }
    ) throws {
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let text = configuration(legacy: 9, service: 10, percent: percent, route: route, top: top, context: context)
            .replacing(#""old": { "#, with: #""old": { "# + upstream)
        let bytes = Array(text.utf8)
        let compiler = ConfigurationCompiler(path: "routes.json")
        var document = try compiler.parse(bytes).get()
        edit(&document)
        let table = try compiler.compile(document, bytes: bytes, revision: 7).get()
        (self.document, served) = (document, table)
        // Of each endpoint, the one for users is opened before the one for copies.
        var sources: [UInt16: [InMemorySource]] = [:]
        let events = Events()
        self.events = events
        worker = Worker(
            loop: loop, index: 0, threads: 1, serving: table,
            opening: { loop, address, _ in
                let made = InMemorySource(loop: loop)
                if let port = address.port { sources[port, default: []].append(made) }
                return made
            }, report: { event in if case .emptied(let number, _) = event { events.emptied.append(number) } })
        self.loop = loop
        old = try #require(sources[9]?.first)
        new = try #require(sources[10]?.first)
        newCopies = try #require(sources[10]?.last)
    }

    /// Serves the next revision.
    func serve(_ edit: (inout RoutesDocument) -> Void) {
        edit(&document)
        served = served.followed(by: document, bytes: served.bytes, revision: served.revision + 1)
        worker.serve(served)
    }

    func client() -> InMemoryClient { InMemoryClient(loop: loop, of: worker) }

    func ask(_ head: String = "GET /a", fields: String = "", body: String? = nil) -> InMemoryClient {
        let client = client()
        client.request(head, fields: fields, body: body)
        return client
    }
}
