import AdminAPI
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
    /// Milliseconds for which the response may wait for what is in flight: ordinary requests end in that time, and what
    /// hangs does not keep the response.
    var wait: Int64 = 250

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
                        actor: author.actor, reason: author.reason ?? ""))
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
        let wish = try request.read(RollbackRequest.self)
        let scope: Scope
        switch (wish.route, wish.all ?? false) {
        case (let id?, false): scope = .route(id)
        case (nil, true): scope = .all
        default: throw .problem(400, "bad_request", "give exactly one of route and all")
        }
        self.init(scope, by: ChangeAuthor(request, actor: wish.actor, reason: wish.reason))
        guard let mode = Self.choice(wish.mode, of: RollbackResponse.modes) else {
            throw .problem(400, "bad_request", "mode is evacuate or drain")
        }
        guard let mirror = Self.choice(wish.mirror, of: RollbackRequest.mirrors) else {
            throw .problem(400, "bad_request", "mirror is keep or stop")
        }
        if let text = wish.wait {
            guard let milliseconds = Self.milliseconds(text) else {
                throw .problem(400, "bad_request", "wait is a time with its unit, such as 10s or 500ms")
            }
            wait = milliseconds
        }
        (drains, stopsMirrors) = (mode == "drain", mirror == "stop")
    }

    /// The first of the words is what is meant when none is given; nil: it is none of them.
    private static func choice(_ word: String?, of words: [String]) -> String? {
        guard let word else { return words.first }
        return words.contains(word) ? word : nil
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
