import AdminAPI
import JSON
import Routing

extension ChangeAuthor {
    /// - Parameters:
    ///   - actor: as the body says; nil: as the query does, or where the request came from.
    ///   - reason: as the body says; nil: as the query does.
    init(_ request: AdminRequest, actor: String? = nil, reason: String? = nil) {
        let fallback = request.isUnix ? "unix" : request.bearer.isEmpty ? "loopback" : "token"
        self.init(
            actor: actor ?? request.value(.actor) ?? fallback, reason: reason ?? request.value(.reason))
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
    /// What of it the document does not say yet.
    let edit: RoutesDocument.Edit
    let author: ChangeAuthor

    /// The document does not say it already.
    let isChange: Bool

    init(
        field: Field, route: Int, was: Percent?, becomes: Percent, methods: [String]? = nil, author: ChangeAuthor,
        of document: RoutesDocument
    ) {
        (self.field, self.route, self.was, self.becomes, self.author) = (field, route, was, becomes, author)
        let wanted: RoutesDocument.Edit =
            switch field {
            case .percent: .percent(route: route, becomes)
            case .mirror: .mirror(route: route, becomes, methods: methods)
            }
        let change = wanted.changing(document.json)
        isChange = change != nil
        edit = change ?? wanted
    }
    static func shift(
        _ id: String, _ request: AdminRequest, _ document: RoutesDocument
    ) throws(AdminAnswerError) -> PercentOrder {
        let wish = try request.read(ShiftRequest.self)
        let index = try document.known(id)
        let route = document.routes[index]
        guard let percent = percent(wish.percent, relativeTo: route.percent) else {
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
            field: .percent, route: index, was: route.percent, becomes: percent,
            author: ChangeAuthor(request, actor: wish.actor, reason: wish.reason), of: document)
    }

    static func mirror(
        _ id: String, _ request: AdminRequest, _ document: RoutesDocument
    ) throws(AdminAnswerError) -> PercentOrder {
        let wish = try request.read(MirrorRequest.self)
        let index = try document.known(id)
        let route = document.routes[index]
        let was = route.mirror?.percent
        guard let percent = percent(wish.percent, relativeTo: was ?? .zero) else {
            throw .problem(400, "bad_request", "percent must be 0 to 100 in steps of 0.0001")
        }
        guard route.service != nil || percent == .zero else {
            throw .problem(422, "no_service", "route \"\(id)\" has no service to mirror to")
        }
        var methods = try Self.methods(wish.methods)
        if route.service == nil { methods = nil }
        if percent > .zero, let refusal = document.mirrorRefusal(ofRoute: index, methods: methods) {
            throw .problem(422, "mirror_refused", "\(refusal.reason); \(refusal.help)")
        }
        return PercentOrder(
            field: .mirror, route: index, was: was, becomes: percent, methods: methods,
            author: ChangeAuthor(request, actor: wish.actor, reason: wish.reason), of: document)
    }

    private static func methods(_ names: [String]?) throws(AdminAnswerError) -> [String]? {
        guard let names else { return nil }
        guard !names.isEmpty, Set(names).count == names.count,
            names.allSatisfy({ RoutesDocument.isMethod($0) })
        else {
            throw .problem(400, "bad_request", #"methods is an array of methods in capitals, such as ["GET", "POST"]"#)
        }
        return names
    }

    /// What a program that reckons in binary makes of a step, such as 0.30000000000000004.
    private static func near(_ value: Double?) -> Percent? {
        guard let value, (0...100).contains(value) else { return nil }
        let ticks = (value * 10_000).rounded()
        guard abs(value * 10_000 - ticks) < 1e-6 else { return nil }
        return Percent(ticks: Int32(ticks))
    }

    /// `5`, `12.5`, `100.0000`: digits, at most two of them or 100, and at most four behind a point.
    private static func isPlain(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...3).contains(whole.utf8.count), whole.utf8.count < 3 || whole == "100",
            parts.count == 1 || (1...4).contains(parts[1].utf8.count)
        else { return false }
        return parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    /// A number is a share, a text with a sign a step from `present`.
    private static func percent(_ wish: WishedPercent, relativeTo present: Percent) -> Percent? {
        let text: String
        switch wish {
        case .number(let number): return Percent(parsing: number) ?? near(Double(number))
        case .text(let written): text = written
        }
        guard let sign = text.first else { return nil }
        let digits = sign == "+" || sign == "-" ? text.dropFirst() : text[...]
        guard isPlain(digits), let step = Percent(parsing: digits) else { return nil }
        guard sign == "+" || sign == "-" else { return step }
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
