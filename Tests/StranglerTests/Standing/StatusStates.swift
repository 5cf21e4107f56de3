import AdminClient
import Operations

/// A state, and what is to be said and done about it. The state is a small estate, changed a little.
struct StatusState: Sendable, CustomStringConvertible {
    var description: String
    var facts: StatusFacts
    /// Of `strangler status ROUTE`; nil: of all.
    var route: String?
    var sentence: String
    var next: [String]

    init(
        _ description: String, of route: String? = nil, _ change: (inout StatusFacts) -> Void, _ sentence: String,
        _ next: [String]
    ) {
        self.description = description
        self.route = route
        self.sentence = sentence
        self.next = next
        var facts = Self.estate
        change(&facts)
        self.facts = facts
    }

    /// Two routes that can move, one that its mode holds, and the rest; everything is well, and on legacy.
    static var estate: StatusFacts {
        var facts = StatusFacts()
        facts.revision = 7
        facts.revisions = [7, 7]
        let monolith = StatusFacts.Side("monolith")
        facts.routes = [
            .init(
                "profile", match: "prefix /p GET", legacy: monolith, service: .init("profile"), movability: .free),
            .init("session", match: "exact /s GET", legacy: monolith, service: .init("auth"), movability: .free),
            .init(
                "writes", match: "prefix /p PATCH", legacy: monolith, service: .init("profile"),
                movability: .never("writes stay on legacy")),
            .init(
                "default", match: "prefix /", legacy: monolith, service: nil, movability: .never("it has no service")),
        ]
        facts.routes[0].context = "profile"
        facts.routes[1].context = "auth"
        facts.routes[2].takesReads = false
        facts.upstreams = [
            .init("monolith", .healthy), .init("profile", .healthy), .init("auth", .healthy),
        ]
        return facts
    }
}

extension StatusFacts {
    /// Changes a route of the estate.
    mutating func set(_ id: String, _ change: (inout Route) -> Void) {
        for index in routes.indices where routes[index].id == id { change(&routes[index]) }
    }

    mutating func at(_ id: String, _ percent: Double) { set(id) { $0.percent = percent } }

    mutating func health(_ name: String, _ health: Health) {
        for index in upstreams.indices where upstreams[index].name == name { upstreams[index].health = health }
    }

    mutating func refuses(_ name: String, _ refusal: Refusal) {
        for index in upstreams.indices where upstreams[index].name == name { upstreams[index].refusals = [refusal] }
    }

    mutating func mirror(_ id: String, _ change: (inout Mirror) -> Void) {
        var mirror = Mirror()
        mirror.percent = 100
        change(&mirror)
        set(id) { $0.mirror = mirror }
    }
}
