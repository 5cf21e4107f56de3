import JSON
import Routing

/// Who asks and why, for the audit line.
struct ChangeAuthor: Equatable {
    let actor: String
    let reason: String

    init(_ object: JSONValue?, _ request: AdminRequest) {
        let fallback = request.isUnix ? "unix" : request.bearer.isEmpty ? "loopback" : "token"
        actor = object?["actor"]?.string ?? fallback
        reason = object?["reason"]?.string ?? ""
    }
}

/// What a shift or a mirror asks for, read against the document that it is about. Nothing is changed yet.
struct PercentOrder {
    enum Field: String { case percent, mirror }

    let field: Field
    /// Index into the document.
    let route: Int
    /// nil: the route has no mirror.
    let was: Percent?
    let becomes: Percent
    let author: ChangeAuthor

    /// No mirror is a mirror of nothing: none is written down for 0.
    var isChange: Bool { becomes != was ?? .zero }

    var edit: RoutesDocument.Edit {
        switch field {
        case .percent: .percent(route: route, becomes)
        case .mirror: .mirror(route: route, becomes)
        }
    }

    static func shift(
        _ id: String, _ request: AdminRequest, _ document: RoutesDocument
    ) throws(AdminAnswerError) -> PercentOrder {
        let object = try request.object(["percent", "reason", "actor"])
        let index = try document.known(id)
        let route = document.routes[index]
        guard let value = object["percent"], let percent = percent(value, relativeTo: route.percent) else {
            throw .problem(400, "bad_request", #"percent must be 0 to 100 in steps of 0.0001, or "+N" or "-N""#)
        }
        guard route.service != nil || percent == .zero else {
            throw .problem(
                422, "no_service", "route \"\(id)\" has no service to shift to; give it \"service\" in routes.json")
        }
        if let refusal = document.refusal(ofRoute: index, raisingTo: percent) {
            throw .problem(422, "mode_refuses", "\(refusal.reason); \(refusal.help)")
        }
        return PercentOrder(
            field: .percent, route: index, was: route.percent, becomes: percent, author: ChangeAuthor(object, request))
    }

    static func mirror(
        _ id: String, _ request: AdminRequest, _ document: RoutesDocument
    ) throws(AdminAnswerError) -> PercentOrder {
        let object = try request.object(["percent", "methods", "reason", "actor"])
        let index = try document.known(id)
        let route = document.routes[index]
        let was = route.mirror?.percent
        guard let value = object["percent"], let percent = percent(value, relativeTo: was ?? .zero) else {
            throw .problem(400, "bad_request", "percent must be 0 to 100 in steps of 0.0001")
        }
        guard route.service != nil || percent == .zero else {
            throw .problem(422, "no_service", "route \"\(id)\" has no service to mirror to")
        }
        if let methods = object["methods"] {
            let wanted = methods.elements.compactMap(\.string)
            guard wanted == route.mirror?.methods ?? ["GET", "HEAD"] else {
                throw .problem(
                    422, "bad_request", "methods of a mirror are changed in routes.json (PUT /v1/routes), not here")
            }
        }
        return PercentOrder(
            field: .mirror, route: index, was: was, becomes: percent, author: ChangeAuthor(object, request))
    }

    /// A number is a share, a text with a sign a step from `present`.
    static func percent(_ value: JSONValue, relativeTo present: Percent) -> Percent? {
        if let number = value.numberText { return Percent(parsing: number) }
        guard let text = value.string, let sign = text.first else { return nil }
        guard sign == "+" || sign == "-" else { return Percent(parsing: text) }
        guard let step = Percent(parsing: text.dropFirst()) else { return nil }
        return Percent(ticks: sign == "+" ? present.ticks + step.ticks : present.ticks - step.ticks)
    }
}

/// What a rollback asks for.
struct RollbackOrder {
    /// Leaves keys with an exchange under way on the service until that has ended.
    let drains: Bool
    let waitMilliseconds: Int64
    /// Indices into the document.
    let routes: [Int]
    let edits: [RoutesDocument.Edit]
    let author: ChangeAuthor

    init(_ request: AdminRequest, _ document: RoutesDocument) throws(AdminAnswerError) {
        let object = try request.object(["route", "all", "mode", "wait", "mirror", "reason", "actor"])
        func text(_ key: String, _ values: [String]? = nil, help: String) throws(AdminAnswerError) -> String? {
            guard let value = object[key] else { return nil }
            guard let text = value.string, values?.contains(text) ?? true else {
                throw .problem(400, "bad_request", help)
            }
            return text
        }
        drains = try text("mode", ["evacuate", "drain"], help: "mode is evacuate or drain") == "drain"
        let help = "wait is a time with its unit, such as 10s or 500ms"
        guard let wait = Self.milliseconds(try text("wait", help: help) ?? "10s") else {
            throw .problem(400, "bad_request", help)
        }
        waitMilliseconds = wait
        let stopsMirrors = try text("mirror", ["keep", "stop"], help: "mirror is keep or stop") == "stop"
        let choice = "give exactly one of route and all"
        switch (try text("route", help: choice), object["all"]?.bool ?? false) {
        case (let id?, false):
            let index = try document.known(id)
            guard document.routes[index].service != nil else {
                throw .problem(422, "no_service", "route \"\(id)\" has no service: legacy serves all of it")
            }
            routes = [index]
        case (nil, true): routes = document.routes.indices.filter { document.routes[$0].service != nil }
        default: throw .problem(400, "bad_request", choice)
        }
        var edits: [RoutesDocument.Edit] = []
        for index in routes {
            if document.routes[index].percent > .zero { edits.append(.percent(route: index, .zero)) }
            if stopsMirrors, document.routes[index].mirror?.percent ?? .zero > .zero {
                edits.append(.mirror(route: index, .zero))
            }
        }
        self.edits = edits
        author = ChangeAuthor(object, request)
    }

    /// `10s`, `500ms`, `1m`.
    static func milliseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number < 1_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return number
        case "s": return number * 1000
        case "m": return number * 60_000
        default: return nil
        }
    }
}

extension RoutesDocument {
    /// The index of a route that a request names.
    fileprivate func known(_ id: String) throws(AdminAnswerError) -> Int {
        if let index = route(id) { return index }
        let known = routes.map(\.id).joined(separator: ", ")
        throw .problem(404, "not_found", "no route \"\(id)\"; routes are \(known)")
    }
}
