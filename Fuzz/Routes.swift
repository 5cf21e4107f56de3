import JSON
import Routing

/// A routes.json: refused with diagnostics that can be shown, or accepted, compiled, and edited without losing a byte
/// of the rest.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRoutes(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    switch RoutesDocument.parse(bytes, file: "routes.json") {
    case .failure(let diagnostics):
        require(!diagnostics.list.isEmpty, "refused without a reason")
        for item in diagnostics.list {
            require(item.position.line >= 1 && item.position.column >= 1, "position of a diagnostic")
        }
        require(!diagnostics.description.isEmpty, "a diagnostic without text")
    case .success(let document):
        require(!document.routes.isEmpty, "accepted without a route: that is an outage")
        require(document.edited([]) == bytes, "no edit, but the text changed")
        let table = RouteTable(document)
        for path in ["/", "/api/profiles/1", "/a/b/c/d/e"] { match(table, path, document.routes.count) }
        let edited = document.edited([.revision(4711)])
        guard case .success(let again) = RoutesDocument.parse(edited, file: "routes.json") else {
            fatalError("with another revision it is refused")
        }
        require(again.revision == 4711, "the revision was not set")
        require(again.routes.count == document.routes.count, "an edit changed the routes")
    }
    return 0
}

private struct NoFields: RouteFieldLookup {
    func header(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { nil }
    func query(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { nil }
}

private func match(_ table: RouteTable, _ path: String, _ count: Int) {
    let bytes = Array(path.utf8)
    bytes.withUnsafeBytes { path in
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let index = table.match(method: 1, methodName: empty, host: empty, path: path, fields: NoFields())
        require(index >= -1 && index < count, "index of a route")
    }
}
