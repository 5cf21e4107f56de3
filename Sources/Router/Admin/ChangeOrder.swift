import JSON
import Routing

/// Who asks and why, for the audit line.
struct ChangeAuthor: Equatable {
    let actor: String
    let reason: String

    init(actor: String, reason: String) {
        self.actor = actor
        self.reason = reason
    }

    init(_ object: JSONValue?, _ request: AdminRequest) {
        let fallback = request.isUnix ? "unix" : request.bearer.isEmpty ? "loopback" : "token"
        actor = object?["actor"]?.string ?? request.value("actor") ?? fallback
        reason = object?["reason"]?.string ?? request.value("reason") ?? ""
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

extension RoutesDocument {
    /// The index of a route that a request names.
    func known(_ id: String) throws(AdminAnswerError) -> Int {
        if let index = route(id) { return index }
        let known = routes.map(\.id).joined(separator: ", ")
        throw .problem(404, "not_found", "no route \"\(id)\"; routes are \(known)")
    }
}
