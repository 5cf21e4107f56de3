import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Routing

/// `strangler explain METHOD PATH`: where a request would go, and why. Sends nothing.
enum ExplainCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let method = try invocation.required("METHOD").uppercased()
        var target = try invocation.required("PATH")
        var host = invocation.inputs["host"]
        if let scheme = ["http://", "https://"].first(where: { target.hasPrefix($0) }) {
            // A pasted URL is welcome: its authority is the host.
            let rest = target.dropFirst(scheme.count)
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            host = host ?? String(rest[..<slash])
            target = slash == rest.endIndex ? "/" : String(rest[slash...])
        }
        let headers = invocation.inputs.all("header")
        if let bad = headers.first(where: { !$0.contains(":") }) {
            throw OperationFailure(.usage, "\"\(bad)\" is not a field", fix: "-H 'name: value'")
        }
        let told = try await invocation.admin().explain(
            method: method, target: target, host: host, headers: headers)
        return render(told.value, data: OutputValue(told.document))
    }

    private static func render(_ response: ExplainResponse, data: OutputValue) -> Answer {
        var blocks: [Answer.Block] = [.sentence(response.sentence, .strong), .table(facts(response))]
        var tried = Table([.text("ROUTE"), .text("MATCHED"), .text("WHY")])
        for route in response.considered {
            tried.rows.append([
                .init(route.route), .init(route.isMatch ? "yes" : "no", route.isMatch ? .good : .faint),
                .init(route.reason),
            ])
        }
        blocks.append(.table(tried))
        var keys = Table([.text("KEY"), .text("FOUND"), .text("WHY")])
        for key in response.keys {
            keys.rows.append([
                .init(key.source), .init(key.isFound ? "yes" : "no", key.isFound ? .good : .faint),
                .init(key.reason ?? ""),
            ])
        }
        blocks.append(.table(keys))
        return Answer(blocks, data: data)
    }

    private static func facts(_ response: ExplainResponse) -> Table {
        var facts = Table([.text("WHAT"), .text("VALUE")])
        func fact(_ name: String, _ text: String?) {
            if let text, !text.isEmpty { facts.rows.append([.init(name, .faint), .init(text)]) }
        }
        let matched = response.request.normalisedPath
        fact("path as matched", matched)
        if let forwarded = response.request.forwardedPath, forwarded != matched {
            fact("path as forwarded", forwarded)
        }
        fact("route", response.route)
        fact("match", response.match)
        fact("key from", response.keySource)
        if let bucket = response.bucket {
            let isServed = AssignmentDecision.side(
                ofBucket: Int32(clamping: bucket), percent: Percent(ticks: Int32(clamping: response.threshold)))
            let sign = isServed == .service ? "below" : "not below"
            fact("bucket", "\(Decimal.grouped(bucket)), \(sign) the threshold \(Decimal.grouped(response.threshold))")
        }
        fact("percent", Decimal.percent(response.percent))
        fact("decided by", response.decision)
        fact("side", response.side)
        let health = response.upstreamHealth.map { " (\($0))" } ?? ""
        fact("upstream", response.upstream.map { $0 + health })
        fact("fallback", response.fallback)
        let to = response.mirror.to.map { " to \($0)" } ?? ""
        let reason = response.mirror.reason
        fact("mirrored", (response.mirror.would ? "yes\(to)" : "no") + (reason.isEmpty ? "" : ": \(reason)"))
        return facts
    }
}
