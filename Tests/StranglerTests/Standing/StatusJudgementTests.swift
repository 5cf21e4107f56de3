import AdminAPI
import AdminClient
import ControlKit
import Operations
import Strangler
import Testing

@Suite struct StatusJudgementTests {
    @Test(arguments: states)
    func `each state has its sentence and its steps`(_ state: StatusState) {
        let judgement = StatusJudgement(state.facts, route: state.route)
        #expect(judgement.sentence == state.sentence, "\(state)")
        #expect(judgement.next.map(\.command) == state.next, "\(state)")
    }

    @Test(arguments: states)
    func `no step is one that would be refused`(_ state: StatusState) {
        let judgement = StatusJudgement(state.facts, route: state.route)
        let isBarred = judgement.findings.contains { $0.bars }
        for step in judgement.next {
            let words = step.command.split(separator: " ").map(String.init)
            #expect(words.first == "strangler" && !step.reason.isEmpty)
            #expect(!step.command.contains("FILE") && !step.command.contains("ROUTE"), "\(step.command)")
            let route = words.count > 2 ? state.facts.routes.first { $0.id == words[2] } : nil
            switch words[1] {
            case "shift":
                #expect(!isBarred, "\(state): \(step.command)")
                #expect(route.map { $0.mayRise && Double(words[3]) ?? 0 > $0.percent } ?? false, "\(step.command)")
            case "rollback": #expect((route?.percent ?? 0) > 0, "\(state): \(step.command)")
            case "mirror": #expect(route?.service != nil && route?.takesReads == true, "\(state): \(step.command)")
            case "parity":
                let named = state.facts.routes.first { $0.id == words[3] }
                #expect(named?.hasScenarios == true, "\(state): \(step.command)")
            case "doctor", "validate", "status", "top", "data": break
            default: Issue.record("\(state): what is \(step.command)?")
            }
        }
    }

    @Test func `the table has each kind of finding, and many states`() {
        #expect(Self.states.count >= 60)
        #expect(Set(Self.states.map(\.description)).count == Self.states.count)
    }

    @Test func `what is not the gravest is said after it, and the position with it`() {
        var facts = StatusState.estate
        facts.at("profile", 10)
        facts.health("profile", .ill("127.0.0.1:9003 refuses its probes"))
        facts.servesGoodCopy = true
        let judgement = StatusJudgement(facts)
        #expect(
            judgement.further.map(\.sentence) == [
                "1 moving (profile at 10%), 1 waiting of 2 movable routes (1 more cannot move as it is configured).",
                "The file was bad at start: the newest good copy of it, revision 7, serves.",
            ])
    }

    static let waits = " (1 more cannot move as it is configured); all upstreams are healthy."
    static let nothing = "Nothing has moved: 2 movable routes, all on legacy" + waits
    static let moving = "1 moving (profile at 10%), 1 waiting of 2 movable routes" + waits
    static let begin = ["strangler mirror profile 100", "strangler shift profile 1"]
    static let more = ["strangler parity run profile", "strangler shift profile 50", "strangler rollback profile"]
    static let back = ["strangler rollback profile"]
    static let doctor = ["strangler doctor"]
    static let out = "profile is ill: 127.0.0.1:9003 refuses its probes"

    static let states = positions + sick + faulty + limited + rows + disk + copies + routes

    // MARK: Nothing is wrong

    static let positions: [StatusState] = [
        .init("nothing has moved", { _ in }, nothing, begin),
        .init(
            "no route has a service", { $0.routes.removeFirst(3) },
            "No route has a service yet: legacy serves everything; all upstreams are healthy.", doctor),
        .init(
            "every service is held by mode", { $0.routes.removeFirst(2) },
            "No route can move: 1 route with a service, held by mode, all on legacy; all upstreams are healthy.", []),
        .init(
            "nothing is configured",
            {
                $0.routes = []; $0.upstreams = []
            },
            "No route has a service yet: legacy serves everything.", doctor),
        .init("one moves", { $0.at("profile", 10) }, moving, more),
        .init(
            "one moves, at less than a percent", { $0.at("profile", 0.25) },
            "1 moving (profile at 0.25%), 1 waiting of 2 movable routes" + waits,
            ["strangler parity run profile", "strangler shift profile 1", "strangler rollback profile"]),
        .init(
            "two move",
            {
                $0.at("profile", 50); $0.at("session", 1)
            },
            "2 moving (profile at 50%, session at 1%) of 2 movable routes" + waits,
            ["strangler parity run profile", "strangler shift profile 100", "strangler rollback profile"]),
        .init(
            "one has moved", { $0.at("profile", 100) },
            "1 route moved, 1 waiting of 2 movable routes" + waits,
            ["strangler mirror session 100", "strangler shift session 1"]),
        .init(
            "one has moved, one moves",
            {
                $0.at("profile", 100); $0.at("session", 60)
            },
            "1 route moved, 1 moving (session at 60%) of 2 movable routes" + waits,
            ["strangler parity run session", "strangler shift session 100", "strangler rollback session"]),
        .init(
            "all have moved",
            {
                $0.at("profile", 100); $0.at("session", 100)
            },
            "All 2 movable routes are at 100%" + waits, []),
        .init(
            "the only one has moved",
            {
                $0.routes.removeSubrange(1...2); $0.at("profile", 100)
            },
            "The one movable route is at 100%; all upstreams are healthy.", []),
        .init(
            "mirrored, not shifted", { $0.mirror("profile") { $0.answered = 3 } }, nothing,
            ["strangler parity run profile", "strangler shift profile 1"]),
        .init(
            "mirrored, without scenarios",
            {
                $0.mirror("profile") { _ in }; $0.set("profile") { $0.hasScenarios = false }
            },
            nothing, ["strangler shift profile 1"]),
        .init(
            "moves, without scenarios",
            {
                $0.at("profile", 10); $0.set("profile") { $0.hasScenarios = false }
            },
            moving, ["strangler shift profile 50", "strangler rollback profile"]),
        .init(
            "the first takes writes only", { $0.set("profile") { $0.takesReads = false } }, nothing,
            ["strangler parity run profile", "strangler shift profile 1"]),
        .init(
            "only whole", { $0.set("profile") { $0.movability = .whole } }, nothing,
            ["strangler mirror profile 100", "strangler shift profile 100"]),
        .init(
            "one upstream was never asked", { $0.health("auth", .unknown) },
            "Nothing has moved: 2 movable routes, all on legacy (1 more cannot move as it is configured); no upstream is "
                + "known to be ill, auth has not been asked yet.", begin),
        .init(
            "none was ever asked", { for name in ["monolith", "auth", "profile"] { $0.health(name, .unknown) } },
            "Nothing has moved: 2 movable routes, all on legacy (1 more cannot move as it is configured); no upstream is "
                + "known to be ill, monolith, profile and auth have not been asked yet.", begin),
        .init("a change is under way", { $0.revisions = [7, 8] }, nothing, begin),
        .init(
            "a fall-back a minute ago, and all is well",
            {
                $0.at("profile", 10); $0.set("profile") { $0.service?.recentFallbacks = 2 }
            },
            moving, more),
    ]

    // MARK: Upstreams

    static let sick: [StatusState] = [
        .init(
            "legacy is ill, and nobody is on it",
            {
                for name in ["profile", "session"] { $0.at(name, 100) }
                $0.routes.removeLast(2)
                $0.health("monolith", .ill(nil))
            }, "monolith is ill; nobody is on it, but a rollback leads there.", doctor),
        .init(
            "the service is ill, and serves",
            {
                $0.at("profile", 10); $0.health("profile", .ill("127.0.0.1:9003 refuses its probes"))
            },
            out + "; on it: profile at 10%.", back),
        .init(
            "the service is ill, for no known reason",
            {
                $0.at("profile", 10); $0.health("profile", .ill(nil))
            },
            "profile is ill; on it: profile at 10%.", back),
        .init(
            "the service is ill, and legacy answers",
            {
                $0.at("profile", 100); $0.health("profile", .ill("127.0.0.1:9003 refuses its probes"))
                $0.set("profile") { $0.service?.recentFallbacks = 40 }
            }, out + "; on it: profile at 100%; monolith answers reads meanwhile.", back),
        .init(
            "the service of two routes is ill",
            {
                $0.at("profile", 10); $0.at("session", 5); $0.set("session") { $0.service = .init("profile") }
                $0.health("profile", .ill("127.0.0.1:9003 refuses its probes"))
            }, out + "; on it: profile at 10% and session at 5%.", back + ["strangler rollback session"]),
        .init(
            "two services are ill",
            {
                $0.at("profile", 10); $0.at("session", 5); $0.health("profile", .ill(nil)); $0.health("auth", .ill(nil))
            }, "profile is ill; on it: profile at 10%.", back + ["strangler rollback session"]),
        .init(
            "the service is ill, and nobody is on it",
            { $0.health("profile", .ill("127.0.0.1:9003 refuses its probes")) },
            out + "; nobody is on it.", doctor),
        .init(
            "another service is ill, and nobody is on it",
            {
                $0.at("profile", 10); $0.health("auth", .ill(nil))
            },
            "auth is ill; nobody is on it.", doctor),
        .init(
            "the service was ejected",
            {
                $0.at("profile", 10); $0.health("profile", .ejected)
            },
            "profile was taken out: its last requests failed; on it: profile at 10%.", back),
        .init(
            "ejection is over, nothing asked since",
            {
                $0.at("profile", 10); $0.health("profile", .unknown)
            },
            "1 moving (profile at 10%), 1 waiting of 2 movable routes (1 more cannot move as it is configured); no "
                + "upstream is known to be ill, profile has not been asked yet.", more),
        .init(
            "legacy is ill", { $0.health("monolith", .ill("127.0.0.1:9000 does not answer its probes in time")) },
            "monolith is ill: 127.0.0.1:9000 does not answer its probes in time; it serves profile, session, writes and "
                + "default.", doctor),
        .init(
            "legacy is ill, and part has moved",
            {
                $0.at("profile", 100); $0.health("monolith", .ill(nil))
            },
            "monolith is ill; it serves session, writes and default.", doctor),
        .init(
            "both sides are ill",
            {
                $0.at("profile", 10); $0.health("monolith", .ill(nil)); $0.health("profile", .ill(nil))
            },
            "profile is ill; on it: profile at 10%.", back + doctor),
        .init(
            "an endpoint of the service is out",
            {
                $0.at("profile", 10); $0.health("profile", .partly(out: 1, of: 3))
            },
            "profile is short of endpoints: 1 of 3 are out, the others serve.", doctor),
        .init(
            "the circuit is open",
            {
                $0.at("profile", 10); $0.set("profile") { $0.service?.circuit = .open }
            },
            "The circuit to profile is open: its last requests failed; on it: profile at 10%.", back),
        .init(
            "the circuit is open, and legacy answers",
            {
                $0.at("profile", 100);
                $0.set("profile") {
                    $0.service?.circuit = .open; $0.service?.recentFallbacks = 9
                }
            },
            "The circuit to profile is open: its last requests failed; on it: profile at 100%; monolith answers reads "
                + "meanwhile.", back),
        .init(
            "the circuit is half open",
            {
                $0.at("profile", 10); $0.set("profile") { $0.service?.circuit = .halfOpen }
            },
            "The circuit to profile is being tried: its last requests failed; on it: profile at 10%.", back),
        .init(
            "the circuit of legacy is open", { $0.set("default") { $0.legacy.circuit = .open } },
            "The circuit to monolith is open: its last requests failed; it serves default.", doctor),
        .init(
            "an open circuit of a side that nobody is on", { $0.set("profile") { $0.service?.circuit = .open } },
            "Nothing has moved: 2 movable routes, all on legacy (1 more cannot move as it is configured).", begin),
        .init(
            "draining",
            {
                $0.isDraining = true; $0.at("profile", 10)
            },
            "The router is draining: it takes no new connections and no changes.", []),
        .init(
            "draining, and ill",
            {
                $0.isDraining = true; $0.at("profile", 10); $0.health("profile", .ill(nil))
            },
            "The router is draining: it takes no new connections and no changes.", []),
    ]

    // MARK: Responses of no use

    static let faulty: [StatusState] = [
        .init(
            "only 500 from the service",
            {
                $0.at("profile", 100);
                $0.set("profile") { $0.service?.faults = .init(answers: 210, errors: 210, cut: 0) }
            }, "profile gives no good answer: all of its last 210 answers were errors (5xx); on it: profile at 100%.",
            back),
        .init(
            "mostly 500 from the service",
            {
                $0.at("profile", 10);
                $0.set("profile") { $0.service?.faults = .init(answers: 1200, errors: 1010, cut: 0) }
            }, "profile fails: 1,010 of its last 1,200 answers were errors (5xx); on it: profile at 10%.", back),
        .init(
            "only broken answers",
            {
                $0.at("profile", 100); $0.set("profile") { $0.service?.faults = .init(answers: 8, errors: 0, cut: 8) }
            }, "profile gives no good answer: all of its last 8 answers broke off; on it: profile at 100%.", back),
        .init(
            "errors and broken answers",
            {
                $0.at("profile", 100); $0.set("profile") { $0.service?.faults = .init(answers: 9, errors: 4, cut: 3) }
            }, "profile fails: 7 of its last 9 answers were errors (5xx) or broke off; on it: profile at 100%.", back),
        .init(
            "legacy answers only 500",
            { $0.set("default") { $0.legacy.faults = .init(answers: 6, errors: 6, cut: 0) } },
            "monolith gives no good answer: all of its last 6 answers were errors (5xx); it serves default.", doctor),
        .init(
            "a side that nobody is on failed for those who chose it",
            {
                $0.set("profile") { $0.service?.faults = .init(answers: 6, errors: 6, cut: 0) }
            }, "Nothing has moved: 2 movable routes, all on legacy (1 more cannot move as it is configured).", begin),
    ]

    // MARK: Limits

    static let limited: [StatusState] = [
        .init(
            "no connection was free", { $0.refuses("profile", .init(.connections, count: 37, limit: 1024)) },
            "37 requests were refused in the last minute, because all 1,024 connections of profile were in use: raise "
                + "upstreams.profile.connections.", ["strangler top --once"]),
        .init(
            "one found no connection", { $0.refuses("monolith", .init(.connections, count: 1, limit: 16)) },
            "1 request was refused in the last minute, because all 16 connections of monolith were in use: raise "
                + "upstreams.monolith.connections.", ["strangler top --once"]),
        .init(
            "too many waited", { $0.refuses("profile", .init(.pending, count: 5, limit: 64)) },
            "5 requests were refused in the last minute, because too many waited for a connection to profile (64 may): raise "
                + "upstreams.profile.connections, or pending.",
            ["strangler top --once"]),
        .init(
            "too many streams", { $0.refuses("profile", .init(.streams, count: 5, limit: 1024)) },
            "5 requests were refused in the last minute, because all 1,024 streams of profile were in use: raise "
                + "upstreams.profile.streams.", ["strangler top --once"]),
        .init(
            "too many clients", { $0.refusals = [.init(.connections, count: 12, limit: 10_000)] },
            "12 connections were refused in the last minute, because all 10,000 connections of the router were in use: raise "
                + "limits.connections.", ["strangler top --once"]),
        .init(
            "too many clients of one address", { $0.refusals = [.init(.connectionsPerAddress, count: 1, limit: 1000)] },
            "1 connection was refused in the last minute, because an address had all the 1,000 connections that one may have: "
                + "raise limits.connectionsPerAddress.", ["strangler top --once"]),
        .init(
            "too many under way", { $0.refusals = [.init(.inFlight, count: 2000, limit: 5000)] },
            "2,000 requests were refused in the last minute, because the router had too many of its 5,000 requests under "
                + "way: raise limits.inFlight.", ["strangler top --once"]),
        .init(
            "too much held back", { $0.refusals = [.init(.held, count: 2, limit: 1024)] },
            "2 requests were refused in the last minute, because the router held back too much of its 1,024 bytes for "
                + "slow peers: raise limits.held.", ["strangler top --once"]),
        .init(
            "refusals of an hour ago", { $0.refuses("profile", .init(.streams, count: 0, limit: 1024)) }, nothing, begin
        ),
        .init(
            "refused, because the service is ill",
            {
                $0.at("profile", 10); $0.health("profile", .ill(nil))
                $0.refuses("profile", .init(.connections, count: 3, limit: 8))
            }, "profile is ill; on it: profile at 10%.", back + ["strangler top --once"]),
    ]

    // MARK: Rows

    static let rows: [StatusState] = [
        .init(
            "rows stand still, and hold a shift",
            {
                $0.dataStalls = [.init("profile", "the agent does not run")]
                $0.set("profile") {
                    $0.movability = .held("no agent carries profile", cure: .dataStatus(group: "profile"))
                }
            }, "The rows of profile do not arrive: the agent does not run.", ["strangler data status profile"]),
        .init(
            "rows stand still, nobody reads them", { $0.dataStalls = [.init("profile", "the agent does not run")] },
            "The rows of profile do not arrive: the agent does not run.", ["strangler data status profile"]),
        .init(
            "rows stand still, and readers see old ones",
            {
                $0.at("profile", 10); $0.dataStalls = [.init("profile", "4,000 rows behind, the oldest for 12 s")]
            },
            "The rows of profile do not arrive: 4,000 rows behind, the oldest for 12 s; readers of profile on the "
                + "service see old ones.", back + ["strangler data status profile"]),
        .init(
            "rows stand still, and the router brings readers back",
            {
                $0.at("profile", 10)
                $0.dataStalls = [
                    .init("profile", "the stream has stopped", consequence: "its readers are answered by legacy")
                ]
            }, "The rows of profile do not arrive: the stream has stopped; its readers are answered by legacy.",
            back + ["strangler data status profile"]),
        .init(
            "rows stand still before the service is ill",
            {
                $0.at("profile", 10); $0.health("profile", .ill(nil));
                $0.dataStalls = [.init("profile", "the agent does not run")]
            },
            "The rows of profile do not arrive: the agent does not run; readers of profile on the service see old ones.",
            back + ["strangler data status profile"]),
        .init(
            "rows of another context stand still",
            {
                $0.at("profile", 10); $0.dataStalls = [.init("auth", "the agent does not run")]
            },
            "The rows of auth do not arrive: the agent does not run.", ["strangler data status auth"]),
        .init(
            "rows of another context, asked for one route", of: "profile",
            {
                $0.at("profile", 10); $0.dataStalls = [.init("auth", "the agent does not run")]
            }, "profile (prefix /p GET): 10% of users are on profile, the others on monolith.", more),
        .init(
            "a route waits for its rows",
            {
                $0.set("profile") {
                    $0.movability = .held("profile is still being copied", cure: .dataStatus(group: "profile"))
                }
            },
            nothing, ["strangler data status profile", "strangler mirror session 100", "strangler shift session 1"]),
        .init(
            "a moving route waits for its rows",
            {
                $0.at("profile", 10); $0.set("profile") { $0.movability = .held("no agent carries profile", cure: nil) }
            }, moving, ["strangler mirror session 100", "strangler shift session 1"]),
    ]

    // MARK: What is on disk

    static let disk: [StatusState] = [
        .init(
            "a rollback is not on disk",
            { $0.unwritten = .init("The rollback of profile", reason: "no space left on device") },
            "The rollback of profile is served, but not on disk: no space left on device; it is tried again until it is.",
            doctor),
        .init(
            "a rollback is not on disk, while the service is ill",
            {
                $0.at("session", 5); $0.health("auth", .ill(nil))
                $0.unwritten = .init("The rollback of profile", reason: "no space left on device")
            }, "auth is ill; on it: session at 5%.", ["strangler rollback session"] + doctor),
        .init("changes live in memory", { $0.memoryOnly = "routes.json is a bind mount" }, nothing, doctor + begin),
        .init(
            "the last reload was refused", { $0.refusedReload = .init("routes.json:3:1: error: unknown key") },
            "The last reload was refused, revision 7 keeps serving: routes.json:3:1: error: unknown key",
            ["strangler validate routes.json"]),
        .init("a refused reload that is past", { $0.refusedReload = nil }, nothing, begin),
        .init(
            "serves a good copy", { $0.servesGoodCopy = true },
            "The file was bad at start: the newest good copy of it, revision 7, serves.",
            ["strangler validate routes.json"]),
        .init(
            "serves a good copy, and a reload was refused",
            {
                $0.servesGoodCopy = true; $0.refusedReload = .init("routes.json:3:1: error: unknown key")
            }, "The last reload was refused, revision 7 keeps serving: routes.json:3:1: error: unknown key",
            ["strangler validate routes.json"]),
    ]

    // MARK: Mirrors and what is left

    static let copies: [StatusState] = [
        .init(
            "copies get 500",
            {
                $0.mirror("profile") {
                    $0.answered = 80; $0.classes = .init(good: 20, serverErrors: 60)
                }
            },
            "60 copies of 80 for profile got 5xx of profile.", ["strangler parity run profile"]),
        .init(
            "copies get 404",
            {
                $0.mirror("profile") {
                    $0.answered = 80; $0.classes = .init(clientErrors: 80)
                }
            },
            nothing, ["strangler parity run profile", "strangler shift profile 1"]),
        .init(
            "copies get 404, without scenarios",
            {
                $0.mirror("profile") {
                    $0.answered = 80; $0.classes = .init(good: 1, clientErrors: 79)
                }
                $0.set("profile") { $0.hasScenarios = false }
            }, nothing, ["strangler status profile", "strangler shift profile 1"]),
        .init(
            "copies get no answer",
            {
                $0.mirror("profile") {
                    $0.answered = 2; $0.failed = 8
                }
            },
            "8 copies of 10 for profile got no answer of profile.", ["strangler parity run profile"]),
        .init(
            "copies of 100% go to legacy",
            {
                $0.at("profile", 100); $0.mirror("profile") { $0.failed = 10 }
            }, "10 copies of 10 for profile got no answer of monolith.", ["strangler parity run profile"]),
        .init(
            "too few copies to tell",
            {
                $0.mirror("profile") {
                    $0.answered = 4; $0.classes = .init(serverErrors: 4)
                }
            },
            nothing, ["strangler parity run profile", "strangler shift profile 1"]),
        .init(
            "a mirror that is off again",
            {
                $0.mirror("profile") {
                    $0.percent = 0; $0.failed = 10
                }
            }, nothing, begin),
        .init(
            "tunnels are left on the service",
            { $0.set("profile") { $0.service?.openForLong = "3 tunnels, the oldest for 12 min" } },
            nothing, begin),
    ]

    // MARK: One route

    static let routes: [StatusState] = [
        .init(
            "a route that has moved, with requests left", of: "profile",
            {
                $0.at("profile", 100); $0.set("profile") { $0.legacy.underWay = 2 }
            }, "profile (prefix /p GET): new requests go to profile; still under way on monolith: 2 requests.", []),
        .init(
            "a route that was rolled back, with a request left", of: "profile",
            { $0.set("profile") { $0.service?.underWay = 1 } },
            "profile (prefix /p GET) is served by monolith; profile waits; still under way on profile: 1 request.",
            begin),
        .init(
            "a route that has moved, with a stray read", of: "profile",
            {
                $0.at("profile", 100); $0.set("profile") { $0.service?.recentFallbacks = 1 }
            },
            "profile (prefix /p GET): new requests go to profile, except 1 read of the last minute that monolith answered.",
            []),
        .init(
            "a route that waits", of: "profile", { _ in },
            "profile (prefix /p GET) is served by monolith; profile waits.", begin),
        .init(
            "a route that moves", of: "profile", { $0.at("profile", 10) },
            "profile (prefix /p GET): 10% of users are on profile, the others on monolith.", more),
        .init(
            "a route that has moved", of: "profile", { $0.at("profile", 100) },
            "profile (prefix /p GET): new requests go to profile.", []),
        .init(
            "a route that has moved, with streams left", of: "profile",
            {
                $0.at("profile", 100); $0.set("profile") { $0.legacy.openForLong = "1 stream" }
            }, "profile (prefix /p GET): new requests go to profile; still open on monolith: 1 stream.", []),
        .init(
            "a route that cannot move", of: "writes", { _ in },
            "writes (prefix /p PATCH) is served by monolith, and cannot move: writes stay on legacy.", []),
        .init(
            "a route without a service", of: "default", { _ in }, "default (prefix /) is served by monolith alone.",
            doctor),
        .init(
            "a route whose service is ill", of: "profile",
            {
                $0.at("profile", 10); $0.health("profile", .ill(nil))
            },
            "profile is ill; on it: profile at 10%.", back),
        .init(
            "a route beside one whose service is ill", of: "session",
            {
                $0.at("profile", 10); $0.health("profile", .ill(nil))
            },
            "session (exact /s GET) is served by monolith; auth waits.",
            ["strangler mirror session 100", "strangler shift session 1"]),
    ]

    @Test func `reads that strayed are told, and bar nothing`() {
        var facts = StatusState.estate
        facts.at("profile", 10)
        facts.set("profile") { $0.service?.recentFallbacks = 3 }
        let judgement = StatusJudgement(facts)
        #expect(judgement.sentence == Self.moving)
        #expect(
            judgement.further.map(\.sentence) == [
                "3 reads of the last minute meant for profile (profile) were answered by monolith."
            ])
        #expect(judgement.next.map(\.command) == Self.more)
    }

    @Test func `nobody is said to be gone from legacy while it answers for a service that is out`() {
        var facts = StatusState.estate
        facts.at("profile", 100)
        facts.health("profile", .ill(nil))
        facts.set("profile") { $0.service?.recentFallbacks = 40 }
        #expect(
            StatusJudgement(facts, route: "profile").position
                == "profile (prefix /p GET) is at 100%, but monolith answers its reads while profile is out.")
        facts.at("profile", 50)
        #expect(
            StatusJudgement(facts, route: "profile").position
                == "profile (prefix /p GET) is at 50%, but monolith answers reads of those, too, while profile is out.")
    }
}
