import EventLoop
import Routing

/// A revision that is served. It is immutable and shared by all loops.
final class ServedTable: Sendable {
    let revision: UInt64
    let document: RoutesDocument
    /// The document's text as it is served, which the admin API returns.
    let bytes: [UInt8]
    /// When it was loaded, in milliseconds since 1970.
    let loadedAt: Int64
    let table: RouteTable
    /// The addresses that endpoints with a name last resolved to.
    let answers: [Endpoint: [SocketAddress]]
    /// The addresses of endpoints that need no resolver.
    private let addresses: [Endpoint: SocketAddress]
    /// Each upstream's endpoints, resolved before the table is handed to any loop. A name has one for each of its
    /// addresses.
    let endpoints: [[ResolvedEndpoint]]
    /// The secret that an override needs, by route.
    let overrideSecrets: [[UInt8]?]
    /// The index of each route in the document, by id.
    let places: [String: Int]
    let writePlan: WritePlan

    init(
        revision: UInt64, document: RoutesDocument, bytes: [UInt8], loadedAt: Int64,
        addresses: [Endpoint: SocketAddress], answers: [Endpoint: [SocketAddress]], overrideSecrets: [[UInt8]?],
        table: RouteTable? = nil, places: [String: Int]? = nil
    ) {
        self.revision = revision
        self.document = document
        self.bytes = bytes
        self.loadedAt = loadedAt
        self.addresses = addresses
        self.answers = answers
        self.overrideSecrets = overrideSecrets
        self.table = table ?? RouteTable(document)
        self.places = places ?? document.places
        writePlan = WritePlan(document)
        endpoints = document.upstreams.map { upstream in
            var found: [ResolvedEndpoint] = []
            for endpoint in upstream.endpoints {
                let text = endpoint.description
                let all =
                    addresses[endpoint].map { [ResolvedEndpoint(text: text, address: $0)] }
                    ?? (answers[endpoint] ?? []).map { ResolvedEndpoint(text: "\(text) (\($0.host))", address: $0) }
                // Two names with the same address are one endpoint.
                for next in all where !found.contains(where: { $0.address == next.address }) { found.append(next) }
            }
            return found
        }
    }
}

/// An endpoint with its address.
struct ResolvedEndpoint: Equatable, Sendable {
    /// The endpoint as the configuration has it; a name is followed by the address that was found.
    let text: String
    let address: SocketAddress

    /// The `Host` that a client would send if it were given this endpoint: the name, also for an address that was found
    /// for it.
    var host: String { address.isUnix ? "localhost" : String(text.prefix { $0 != " " }) }
}

extension ServedTable {
    /// The same table under another revision, for a change that is only tried.
    func numbered(_ revision: UInt64) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: loadedAt, addresses: addresses,
            answers: answers, overrideSecrets: overrideSecrets, table: table, places: places)
    }

    /// The next revision, when only percentages differ: matching, addresses and secrets stay as they are.
    func followed(by document: RoutesDocument, bytes: [UInt8], revision: UInt64) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: WallClock.milliseconds(),
            addresses: addresses, answers: answers, overrideSecrets: overrideSecrets, table: table, places: places)
    }

    /// The same table with newer addresses of its names; other names are ignored.
    func answering(_ newer: [Endpoint: [SocketAddress]]) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: loadedAt, addresses: addresses,
            answers: answers.merging(newer.filter { answers[$0.key] != nil }) { _, new in new },
            overrideSecrets: overrideSecrets, table: table, places: places)
    }
}

extension RoutesDocument {
    /// The index of each route, by id. Ids are unique in a valid document.
    var places: [String: Int] {
        Dictionary(zip(routes.map(\.id), routes.indices), uniquingKeysWith: { first, _ in first })
    }
}
