import DurableFiles
import EventLoop
import Glibc
import Routing

/// From text to a table that can be served: parse, validate, read secrets, find addresses. All of it before any loop hears of it.
struct ConfigurationCompiler {
    /// Of the configuration; relative paths in it start from its folder.
    let path: String

    private var folder: String { DurableFile(path: path).folder }

    func parse(_ bytes: [UInt8]) -> Result<RoutesDocument, ConfigurationProblem> {
        switch RoutesDocument.parse(bytes, file: path) {
        case .success(let document): return .success(document)
        case .failure(let diagnostics): return .failure(.invalid(diagnostics.list))
        }
    }

    func compile(
        _ document: RoutesDocument, bytes: [UInt8], revision: UInt64
    ) -> Result<ServedTable, ConfigurationProblem> {
        var addresses: [[SocketAddress]] = []
        for upstream in document.upstreams {
            var found: [SocketAddress] = []
            for endpoint in upstream.endpoints {
                guard let address = resolve(endpoint) else {
                    return .failure(
                        .invalid(
                            "\(path): upstream \"\(upstream.name)\": the address of \(endpoint) cannot be found; use a numeric address or fix the name"
                        ))
                }
                found.append(address)
            }
            addresses.append(found)
        }
        var secrets: [[UInt8]?] = []
        for route in document.routes {
            guard let file = route.override?.secretFile else {
                secrets.append(nil)
                continue
            }
            do throws(FileError) {
                secrets.append(Self.trimmed(try DurableFile(path: absolute(file)).read(limit: 4096)))
            } catch {
                return .failure(.invalid("\(path): route \"\(route.id)\": secretFile: \(error)"))
            }
        }
        return .success(
            ServedTable(
                revision: revision, document: document, bytes: bytes, loadedAt: WallClock.milliseconds(),
                addresses: addresses, overrideSecrets: secrets))
    }

    /// Relative to the configuration's folder.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    /// A secret's file ends with a line break as a rule; that is not part of it.
    static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        while let last = bytes.last, last == 0x0A || last == 0x0D || last == 0x20 { bytes.removeLast() }
        return bytes
    }

    private func resolve(_ endpoint: Endpoint) -> SocketAddress? {
        switch endpoint {
        case .unix(let path): return SocketAddress(unixPath: absolute(path))
        case .tcp(let host, let port): return SocketAddress(host: host, port: port) ?? lookUp(host, port)
        }
    }

    /// A name, by the system's resolver. Blocks: only the control loop loads configurations.
    private func lookUp(_ host: String, _ port: UInt16) -> SocketAddress? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(list) }
        var text = [CChar](repeating: 0, count: 64)
        let found = getnameinfo(
            first.pointee.ai_addr, first.pointee.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST)
        guard found == 0 else { return nil }
        let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return SocketAddress(host: name, port: port)
    }
}
