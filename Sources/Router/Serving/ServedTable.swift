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
    /// Addresses of each upstream's endpoints, resolved before the table is handed to any loop.
    let addresses: [[SocketAddress]]
    /// By route: the secret that an override asks for.
    let overrideSecrets: [[UInt8]?]

    init(
        revision: UInt64, document: RoutesDocument, bytes: [UInt8], loadedAt: Int64, addresses: [[SocketAddress]],
        overrideSecrets: [[UInt8]?]
    ) {
        self.revision = revision
        self.document = document
        self.bytes = bytes
        self.loadedAt = loadedAt
        self.addresses = addresses
        self.overrideSecrets = overrideSecrets
        table = RouteTable(document)
    }
}

/// A revision as one loop serves it. Exchanges keep the one they began with.
final class LoopTable {
    let shared: ServedTable
    /// `shared.table` again: one hop less on every request.
    let table: RouteTable
    let routes: [LoopRoute]
    let trustedPeers: [AddressRange]
    let exposes: Bool

    init(_ shared: ServedTable, states: [RouteState], groups: [UpstreamGroup]) {
        self.shared = shared
        table = shared.table
        trustedPeers = shared.document.trustedPeers
        exposes = shared.document.exposesDecision
        routes = shared.document.routes.indices.map { index in
            LoopRoute(
                shared.document.routes[index], index: index, shared: shared, state: states[index], groups: groups)
        }
    }
}

extension ServedTable {
    /// The same under another number: for what is only tried.
    func numbered(_ revision: UInt64) -> ServedTable {
        ServedTable(
            revision: revision, document: document, bytes: bytes, loadedAt: loadedAt, addresses: addresses,
            overrideSecrets: overrideSecrets)
    }
}
