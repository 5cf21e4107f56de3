import EventLoop
import Routing

/// A revision that is served: immutable, shared by all loops, which only ever read it.
final class ServedTable: Sendable {
    let revision: UInt64
    let document: RoutesDocument
    /// The document's text as it is served: what a reader of the API gets.
    let bytes: [UInt8]
    /// Milliseconds since 1970 of its loading.
    let loadedAt: Int64
    let table: RouteTable
    /// Of endpoints that are names: what they were last found at.
    let answers: [Endpoint: [SocketAddress]]
    /// Of endpoints that need no looking up.
    private let addresses: [Endpoint: SocketAddress]
    /// Each upstream's endpoints, found before the table is handed to any loop: of a name, one for each of its
    /// addresses.
    let endpoints: [[ResolvedEndpoint]]
    /// By route: the secret that an override asks for.
    let overrideSecrets: [[UInt8]?]
    /// Places of routes in the document, by id.
    let places: [String: Int]

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
        endpoints = document.upstreams.map { upstream in
            var found: [ResolvedEndpoint] = []
            for endpoint in upstream.endpoints {
                let text = endpoint.description
                let all =
                    addresses[endpoint].map { [ResolvedEndpoint(text: text, address: $0)] }
                    ?? (answers[endpoint] ?? []).map { ResolvedEndpoint(text: "\(text) (\($0.host))", address: $0) }
                // Two names may mean one machine: it is one endpoint.
                for next in all where !found.contains(where: { $0.address == next.address }) { found.append(next) }
            }
            return found
        }
    }
}

/// An endpoint and where it is.
struct ResolvedEndpoint: Equatable, Sendable {
    /// As in the configuration; of a name with the address that was found.
    let text: String
    let address: SocketAddress

    /// What a client that was given this endpoint would send as `Host`: a name stays one, also of an address found for
    /// it.
    var host: String { address.isUnix ? "localhost" : String(text.prefix { $0 != " " }) }
}

extension ServedTable {
    /// The same under another number: for what is only tried.
    func numbered(_ revision: UInt64) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: loadedAt, addresses: addresses,
            answers: answers, overrideSecrets: overrideSecrets, table: table, places: places)
    }

    /// The next revision after it, when only percentages are others: matching, addresses and secrets stay as they are.
    func followed(by document: RoutesDocument, bytes: [UInt8], revision: UInt64) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: WallClock.milliseconds(),
            addresses: addresses, answers: answers, overrideSecrets: overrideSecrets, table: table, places: places)
    }

    /// The same with names at other addresses; names that it has not are left out.
    func answering(_ newer: [Endpoint: [SocketAddress]]) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: loadedAt, addresses: addresses,
            answers: answers.merging(newer.filter { answers[$0.key] != nil }) { _, new in new },
            overrideSecrets: overrideSecrets, table: table, places: places)
    }
}

extension RoutesDocument {
    /// Places of the routes by id. An id occurs once, or the document is not valid.
    var places: [String: Int] {
        Dictionary(zip(routes.map(\.id), routes.indices), uniquingKeysWith: { first, _ in first })
    }
}
