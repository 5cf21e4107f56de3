import DurableFiles
import EventLoop
import Routing

/// From text to a table that can be served: parse, validate, read secrets, find addresses. All of it before any loop
/// hears of it.
struct ConfigurationCompiler {
    /// Of the configuration; relative paths in it start from its folder.
    let path: String
    let resolver: NameResolver

    init(path: String, resolver: NameResolver = .system) {
        self.path = path
        self.resolver = resolver
    }

    private var folder: String { DurableFile(path: path).folder }

    func parse(_ bytes: [UInt8], guards: GuardRules = .enforced) -> Result<RoutesDocument, ConfigurationProblem> {
        switch RoutesDocument.parse(bytes, file: path, guards: guards) {
        case .success(let document): return .success(document)
        case .failure(let diagnostics): return .failure(.invalid(diagnostics.list))
        }
    }

    /// - Parameter known: addresses of names that are not to be looked up again.
    func compile(
        _ document: RoutesDocument, bytes: [UInt8], revision: UInt64, known: [Endpoint: [SocketAddress]] = [:]
    ) -> Result<ServedTable, ConfigurationProblem> {
        var addresses: [Endpoint: SocketAddress] = [:]
        var answers: [Endpoint: [SocketAddress]] = [:]
        for upstream in document.upstreams {
            for endpoint in upstream.endpoints where addresses[endpoint] == nil && answers[endpoint] == nil {
                switch find(endpoint, known) {
                case .at(let address): addresses[endpoint] = address
                case .named(let found): answers[endpoint] = found
                case .nowhere(let reason):
                    return .failure(
                        .invalid(
                            "\(path): upstream \"\(upstream.name)\": the address of \(endpoint) cannot be found (\(reason)); use a numeric address or fix the name"
                        ))
                }
            }
        }
        var secrets: [[UInt8]?] = []
        for route in document.routes {
            guard let file = route.override?.secretFile else {
                secrets.append(nil)
                continue
            }
            do throws(SecretFile.Refusal) {
                secrets.append(try SecretFile(path: absolute(file)).read())
            } catch {
                return .failure(.invalid("\(path): route \"\(route.id)\": secretFile: \(error)"))
            }
        }
        return .success(
            ServedTable(
                revision: revision, document: document, bytes: bytes, loadedAt: WallClock.milliseconds(),
                addresses: addresses, answers: answers, overrideSecrets: secrets))
    }

    /// Relative to the configuration's folder.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    private enum Place {
        case at(SocketAddress)
        case named([SocketAddress])
        case nowhere(String)
    }

    private func find(_ endpoint: Endpoint, _ known: [Endpoint: [SocketAddress]]) -> Place {
        switch endpoint {
        case .unix(let path):
            SocketAddress(unixPath: absolute(path)).map { .at($0) }
                ?? .nowhere("the path is longer than a socket's may be")
        case .tcp(let host, let port):
            if let address = SocketAddress(host: host, port: port) {
                .at(address)
            } else if let addresses = known[endpoint] {
                .named(addresses)
            } else {
                lookUp(host, port)
            }
        }
    }

    /// Blocks: only the control loop loads configurations.
    private func lookUp(_ host: String, _ port: UInt16) -> Place {
        switch resolver.lookUp(host, port) {
        case .failure(let reason): return .nowhere(reason)
        case .addresses(let list):
            let found = NameWatch.set(of: list)
            return found.isEmpty ? .nowhere("no addresses") : .named(found)
        }
    }
}
