import AdminAPI
import AdminClient
import ControlKit

/// What is told by counting: requests that were refused, and copies that prove nothing.
extension StatusFindings {
    // MARK: Limits

    var refusals: [Finding] {
        let used = Set(routes.flatMap { [$0.legacy.upstream, $0.service?.upstream].compactMap { $0 } })
        var found = facts.refusals.filter { $0.count > 0 }.map {
            finding($0, key: Self.key($0.lack, nil), whose: "the router")
        }
        for upstream in facts.upstreams where used.contains(upstream.name) {
            for refusal in upstream.refusals where refusal.count > 0 {
                found.append(
                    finding(refusal, key: Self.key(refusal.lack, upstream.name), whose: upstream.name))
            }
        }
        return found
    }

    /// Requests that the monolith would have served, and a limit of the router ended.
    var limitHits: [Finding] {
        let shown = Set(routes.map { "routes[\($0.id)]" })
        return facts.limitHits.filter { hit in
            !hit.key.hasPrefix("routes[") || shown.contains(where: { hit.key.hasPrefix($0 + ".") })
        }.map { hit in
            Finding(
                sentence:
                    "A limit ended \(StatusJudgement.count(hit.lastMinute, "request")) in the last minute, because \(hit.meaning): \(hit.isNumber ? "raise" : "change") \(hit.key).",
                severity: .warning, steps: [.init(.doctor, "every limit that was hit, and its key")], bars: false
            )
        }
    }

    private func finding(_ refusal: StatusFacts.Refusal, key: String, whose: String) -> Finding {
        let what =
            switch refusal.lack {
            case .connections: "all \(Decimal.grouped(refusal.limit)) connections of \(whose) were in use"
            case .pending: "too many waited for a connection to \(whose) (\(Decimal.grouped(refusal.limit)) may)"
            case .streams: "all \(Decimal.grouped(refusal.limit)) streams of \(whose) were in use"
            case .connectionsPerAddress:
                "an address had all the \(Decimal.grouped(refusal.limit)) connections that one may have"
            case .inFlight: "\(whose) had too many of its \(Decimal.grouped(refusal.limit)) requests under way"
            case .held: "\(whose) held back too much of its \(Decimal.grouped(refusal.limit)) bytes for slow peers"
            }
        let isOfClients =
            refusal.lack == .connectionsPerAddress || (refusal.lack == .connections && key.hasPrefix("limits."))
        let noun = isOfClients ? "connection" : "request"
        let were = "\(StatusJudgement.count(refusal.count, noun)) \(refusal.count == 1 ? "was" : "were")"
        return Finding(
            sentence: "\(were) refused in the last minute, because \(what): raise \(key).", severity: .bad,
            steps: [.init(.top, "which routes are asked, and how much is under way")])
    }

    private static func key(_ lack: StatusFacts.Refusal.Lack, _ upstream: String?) -> String {
        guard let upstream else { return "limits.\(lack.rawValue)" }
        // A longer queue alone makes more of them wait.
        return lack == .pending
            ? "upstreams.\(upstream).connections, or pending" : "upstreams.\(upstream).\(lack.rawValue)"
    }

    // MARK: Mirrors

    /// Copies that prove nothing: fast responses that say "not found" are no sign that the service can take users.
    var mirrors: [Finding] {
        routes.compactMap { route in
            guard let mirror = route.mirror, mirror.percent > 0, let service = route.service else { return nil }
            let done = mirror.answered + mirror.failed
            guard done >= 5 else { return nil }
            let to = route.percent == 100 ? route.legacy.upstream : service.upstream
            let steps: [Advice] =
                route.hasScenarios
                ? [.init(.parity(route: route.id), "what differs?")]
                : [.init(.status(route: route.id), "copies by result")]
            if mirror.failed * 2 >= done {
                return Finding(
                    sentence:
                        "\(StatusJudgement.count(mirror.failed, "copy", "copies")) of \(Decimal.grouped(done)) for \(route.id) got no answer of \(to).",
                    severity: .warning, steps: steps)
            }
            guard let classes = mirror.classes, classes.total > 0 else { return nil }
            let (bad, kind) =
                classes.serverErrors >= classes.clientErrors
                ? (classes.serverErrors, "5xx") : (classes.clientErrors, "4xx")
            guard bad * 2 >= classes.total else { return nil }
            // Users may ask for what is not there, so 4xx alone is a hint and no alarm.
            return Finding(
                sentence:
                    "\(StatusJudgement.count(bad, "copy", "copies")) of \(Decimal.grouped(classes.total)) for \(route.id) got \(kind) of \(to).",
                severity: .warning, steps: steps, bars: kind == "5xx")
        }
    }
}

extension StatusJudgement {
    fileprivate static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(Decimal.grouped(number)) \(number == 1 ? one : many)"
    }
}
