import AdminClient
import Arguments
import ControlKit
import JSON
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
            throw CommandFailure(.usage, "\"\(bad)\" is not a field", fix: "-H 'name: value'")
        }
        let answer = try await invocation.admin().explain(
            method: method, target: target, host: host, headers: headers)
        return render(answer)
    }

    static func render(_ value: JSONValue) -> Answer {
        var blocks: [Answer.Block] = [.sentence(value["sentence"]?.string ?? "", .strong)]
        var facts = Table([.text("WHAT"), .text("VALUE")])
        func fact(_ name: String, _ text: String?) {
            if let text, !text.isEmpty { facts.rows.append([.init(name, .faint), .init(text)]) }
        }
        let matched = value["request"]?["normalised_path"]?.string
        fact("path as matched", matched)
        if let forwarded = value["request"]?["forwarded_path"]?.string, forwarded != matched {
            fact("path as forwarded", forwarded)
        }
        fact("route", value["route"]?.string)
        fact("match", value["match"]?.string)
        fact("key from", value["key_source"]?.string)
        if let bucket = value["bucket"]?.int {
            let threshold = value["threshold"]?.int ?? 0
            let isServed = AssignmentDecision.side(
                ofBucket: Int32(clamping: bucket), percent: Percent(ticks: Int32(clamping: threshold)))
            let sign = isServed == .service ? "below" : "not below"
            fact("bucket", "\(Decimal.grouped(bucket)), \(sign) the threshold \(Decimal.grouped(threshold))")
        }
        fact("percent", value["percent"]?.double.map { Decimal.percent($0) })
        fact("decided by", value["decision"]?.string)
        fact("side", value["side"]?.string)
        let health = value["upstream_health"]?.string.map { " (\($0))" } ?? ""
        fact("upstream", value["upstream"]?.string.map { $0 + health })
        fact("fallback", value["fallback"]?.string)
        if let mirror = value["mirror"], !mirror.isNull {
            let to = mirror["to"]?.string.map { " to \($0)" } ?? ""
            let reason = mirror["reason"]?.string ?? ""
            fact(
                "mirrored", (mirror["would"]?.bool == true ? "yes\(to)" : "no") + (reason.isEmpty ? "" : ": \(reason)"))
        }
        blocks.append(.table(facts))
        var tried = Table([.text("ROUTE"), .text("MATCHED"), .text("WHY")])
        for route in value["considered"]?.array.map(Array.init) ?? [] {
            let matched = route["matched"]?.bool == true
            tried.rows.append([
                .init(route["route"]?.string ?? ""), .init(matched ? "yes" : "no", matched ? .good : .faint),
                .init(route["reason"]?.string ?? ""),
            ])
        }
        blocks.append(.table(tried))
        var keys = Table([.text("KEY"), .text("FOUND"), .text("WHY")])
        for key in value["keys"]?.array.map(Array.init) ?? [] {
            let found = key["found"]?.bool == true
            keys.rows.append([
                .init(key["source"]?.string ?? ""), .init(found ? "yes" : "no", found ? .good : .faint),
                .init(key["reason"]?.string ?? ""),
            ])
        }
        blocks.append(.table(keys))
        return Answer(blocks, data: OutputValue(value))
    }
}
