import JSON
import Routing

/// What a rollback asks for, by value: from the admin API, or from within the router. It is read against the document
/// that is served when its turn has come.
struct RollbackOrder: Equatable {
    enum Scope: Equatable {
        case route(String)
        /// Those of them that are there and have a service.
        case routes([String])
        case all
    }

    /// Why, in the words of `strangler_rollbacks_total`.
    enum Cause: String {
        case command
        case dataStall = "data-stall"
    }

    var scope: Scope
    var author: ChangeAuthor
    var cause = Cause.command
    /// Leaves keys with an exchange under way on the service until that has ended.
    var drains = false
    var stopsMirrors = false

    init(_ scope: Scope, by author: ChangeAuthor, cause: Cause = .command) {
        self.scope = scope
        self.author = author
        self.cause = cause
    }

    /// Routes, as places in the document, and what is to be changed in it.
    struct Plan {
        var routes: [Int]
        var edits: [RoutesDocument.Edit]
        var entries: [UnwrittenRollbacks.Entry]
    }

    /// - Parameter revision: that it will get.
    func plan(_ document: RoutesDocument, revision: UInt64, now: Int64) throws(AdminAnswerError) -> Plan {
        var plan = Plan(routes: [], edits: [], entries: [])
        switch scope {
        case .route(let id):
            let index = try document.known(id)
            guard document.routes[index].service != nil else {
                throw .problem(422, "no_service", "route \"\(id)\" has no service: legacy serves all of it")
            }
            plan.routes = [index]
        case .routes(let ids):
            let wanted = Set(ids)
            plan.routes = document.routes.indices.filter {
                document.routes[$0].service != nil && wanted.contains(document.routes[$0].id)
            }
        case .all: plan.routes = document.routes.indices.filter { document.routes[$0].service != nil }
        }
        for index in plan.routes {
            let route = document.routes[index]
            func lower(_ field: UnwrittenRollbacks.Entry.Field, from before: Percent, _ edit: RoutesDocument.Edit) {
                plan.edits.append(edit)
                plan.entries.append(
                    UnwrittenRollbacks.Entry(
                        route: route.id, field: field, before: before, revision: revision, at: now,
                        actor: author.actor, reason: author.reason))
            }
            if route.percent > .zero { lower(.percent, from: route.percent, .percent(route: index, .zero)) }
            if stopsMirrors, let mirror = route.mirror?.percent, mirror > .zero {
                lower(.mirror, from: mirror, .mirror(route: index, .zero))
            }
        }
        return plan
    }
}

extension RollbackOrder {
    /// As `POST /v1/rollback` asks for it.
    init(_ request: AdminRequest) throws(AdminAnswerError) {
        let object = try request.object(["route", "all", "mode", "wait", "mirror", "reason", "actor"])
        func text(_ key: String, _ values: [String]? = nil, help: String) throws(AdminAnswerError) -> String? {
            guard let value = object[key] else { return nil }
            guard let text = value.string, values?.contains(text) ?? true else {
                throw .problem(400, "bad_request", help)
            }
            return text
        }
        let choice = "give exactly one of route and all"
        let scope: Scope
        if let all = object["all"], all.bool == nil { throw .problem(400, "bad_request", "all is true or false") }
        switch (try text("route", help: choice), object["all"]?.bool ?? false) {
        case (let id?, false): scope = .route(id)
        case (nil, true): scope = .all
        default: throw .problem(400, "bad_request", choice)
        }
        self.init(scope, by: ChangeAuthor(object, request))
        drains = try text("mode", ["evacuate", "drain"], help: "mode is evacuate or drain") == "drain"
        stopsMirrors = try text("mirror", ["keep", "stop"], help: "mirror is keep or stop") == "stop"
    }

    /// How long the response may wait for what is in flight: ordinary requests end in that time, and what hangs does
    /// not keep the response.
    static let defaultWait: Int64 = 250

    static func wait(_ request: AdminRequest) throws(AdminAnswerError) -> Int64 {
        guard let value = (try? JSONDocument(request.body))?.root["wait"] else { return defaultWait }
        guard let milliseconds = value.string.flatMap(milliseconds) else {
            throw .problem(400, "bad_request", "wait is a time with its unit, such as 10s or 500ms")
        }
        return milliseconds
    }

    /// `10s`, `500ms`, `1m`.
    static func milliseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...6).contains(digits.count), let number = Int64(digits) else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return number
        case "s": return number * 1000
        case "m": return number * 60_000
        default: return nil
        }
    }
}
