import EventLoop
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

    /// - Parameter upstream: settings of the old side's upstream, with a comma behind.
    init(percent: String = "0", route: String = "", top: String = "", upstream: String = "", context: String = "")
        throws
    {
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let text = configuration(legacy: 9, service: 10, percent: percent, route: route, top: top, context: context)
            .replacing(#""old": { "#, with: #""old": { "# + upstream)
        let bytes = Array(text.utf8)
        let compiler = ConfigurationCompiler(path: "routes.json")
        let table = try compiler.parse(bytes).flatMap { compiler.compile($0, bytes: bytes, revision: 7) }.get()
        // Of each endpoint, the one for users is opened before the one for copies.
        var sources: [UInt16: [InMemorySource]] = [:]
        worker = Worker(
            loop: loop, index: 0, threads: 1, serving: table,
            opening: { loop, address, _ in
                let made = InMemorySource(loop: loop)
                if let port = address.port { sources[port, default: []].append(made) }
                return made
            }, report: { _ in })
        self.loop = loop
        old = try #require(sources[9]?.first)
        new = try #require(sources[10]?.first)
        newCopies = try #require(sources[10]?.last)
    }

    func client() -> InMemoryClient { InMemoryClient(loop: loop, of: worker) }

    func ask(_ head: String = "GET /a", fields: String = "", body: String? = nil) -> InMemoryClient {
        let client = client()
        client.request(head, fields: fields, body: body)
        return client
    }
}
