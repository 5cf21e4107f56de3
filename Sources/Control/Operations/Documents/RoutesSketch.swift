package import AdminClient
import ControlKit
package import JSON
import Routing

/// The few facts of a routes document that the commands reckon with, read leniently: a document that does not
/// validate still tells where its router listens, so that `rollback` never depends on a correct file.
package struct RoutesSketch: Equatable, Sendable {
    package struct Route: Equatable, Sendable {
        package var id: String
        package var legacy: String
        package var service: String?
        package var context: String?
        /// `stateless`, `reads`, `owned` or `authority`.
        package var mode: String
        /// Whether users stay on their side: the context names keys.
        package var isKeyed: Bool
        package var percent: Double
        package var mirrorPercent: Double
        /// Empty: every method.
        package var methods: [String]
        /// The whole route as it stands in the file, for comparing.
        package var text: String
    }

    package var revision: Int
    package var adminUnix: String?
    package var adminListen: String?
    package var listen: [String]
    package var routes: [Route]
    /// Each upstream's addresses, by name.
    package var upstreams: [String: [String]]

    package init(_ document: JSONDocument) {
        let root = document.root
        revision = root["revision"]?.int ?? RoutesDocument.firstRevision
        adminUnix = root["admin"]?["unix"]?.string
        adminListen = root["admin"]?["listen"]?.string
        listen = root["listen"]?.elements.compactMap(\.string) ?? []
        upstreams = [:]
        if let named = root["upstreams"]?.object {
            for upstream in named {
                upstreams[upstream.key] = upstream.value["endpoints"]?.elements.compactMap(\.string) ?? []
            }
        }
        let contexts = root["contexts"]
        routes =
            root["routes"]?.elements.map { route in
                let name = route["context"]?.string
                let context = name.flatMap { contexts?[$0] }
                return Route(
                    id: route["id"]?.string ?? "", legacy: route["legacy"]?.string ?? "",
                    service: route["service"]?.string, context: name,
                    mode: context?["mode"]?.string ?? "stateless",
                    isKeyed: (context?["keys"]?.count ?? 0) > 0, percent: route["percent"]?.double ?? 0,
                    mirrorPercent: route["mirror"]?["percent"]?.double ?? 0,
                    methods: route["match"]?["methods"]?.elements.compactMap(\.string) ?? [],
                    text: Self.canonical(route))
            } ?? []
    }

    /// Nil when the bytes are not JSON at all.
    package init?(_ bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes, limits: JSONLimits(duplicateKeys: .report)) else { return nil }
        self.init(document)
    }

    package func route(_ id: String) -> Route? { routes.first { $0.id == id } }

    /// Where the router of this document listens for its owner; a path is relative to `folder`.
    package func admin(relativeTo folder: String) -> AdminAddress? {
        if let adminUnix { return .unix(FileSystem.resolve(adminUnix, in: folder)) }
        return adminListen.flatMap { AdminAddress($0) }
    }

    /// Layout does not count when two routes are compared.
    private static func canonical(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return writer.text
    }
}
