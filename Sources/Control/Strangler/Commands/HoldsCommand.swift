import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Formats

/// `strangler holds`: whose requests the router lets wait, for whom and for how long yet; and lets them go.
enum HoldsCommand {
    static let command = Command(
        CommandSpec(
            "holds", "Whose requests wait while their data changes sides, and let them go",
            discussion:
                "A move of users (mode owned) holds their requests for some milliseconds. A hold ends by itself when\n"
                + "its lease runs out. --rehearse holds all writes of a context until none is under way, and lets\n"
                + "them go at once: the pause that a move would mean, without a move.",
            options: [
                .value("release", "ID", "end this hold now; its requests go on by the percentage that is served"),
                .value("rehearse", "CONTEXT", "measure the pause"),
            ],
            examples: ["strangler holds", "strangler holds --release mfk3-7", "strangler holds --rehearse profile"]),
        run: run)

    private static func run(_ invocation: Invocation) async throws -> Answer {
        let admin = try invocation.admin()
        switch (invocation.inputs["release"], invocation.inputs["rehearse"]) {
        case (nil, nil): return render(try await admin.holds())
        case (let id?, nil): return try await release(id, admin)
        case (nil, let context?): return try await rehearse(context, admin, invocation)
        case (_?, _?): throw OperationFailure(.usage, "--release and --rehearse do not go together")
        }
    }

    // MARK: What is held

    private static func render(_ told: AdminClient.Told<HoldsResponse>) -> Answer {
        let (holds, contexts) = (told.value.holds, told.value.contexts)
        var blocks: [Answer.Block] = []
        if holds.isEmpty {
            blocks.append(.sentence("No requests are held.", .good))
        } else {
            blocks += holds.map { .sentence(sentence($0), .strong) }
            var table = Table([
                .text("ID"), .text("STATE"), .number("WAITING"), .number("UNDER WAY"), .number("STREAMS"),
                .text("SINCE"),
            ])
            for hold in holds {
                table.rows.append([
                    .init(hold.id, .strong), .init(hold.state), .init("\(hold.held)"), .init("\(hold.inFlight)"),
                    .init("\(hold.streams)"), .init(hold.since),
                ])
            }
            blocks.append(.table(table))
        }
        if contexts.isEmpty {
            blocks.append(.sentence("No context has the mode owned, so there is nothing to hold.", .faint))
        } else {
            var table = Table([
                .text("CONTEXT"), .number("EPOCH"), .number("WAITING"), .number("AT MOST"), .number("UNKEYED WRITES"),
            ])
            for context in contexts {
                table.rows.append([
                    .init(context.context, .strong), .init(context.epoch.map { "\($0)" } ?? "-"),
                    .init("\(context.held)"), .init("\(context.mostHeld)"),
                    .init("\(context.unkeyedWrites)", context.unkeyedWrites > 0 ? .warning : .plain),
                ])
            }
            blocks.append(.table(table))
        }
        return Answer(
            blocks, data: OutputValue(told.document),
            next: holds.map { .init("strangler holds --release \($0.id)", "lets its requests go on now") })
    }

    /// `Writes of profile [0,10000) are held by unix, 0.8 s left.`
    private static func sentence(_ hold: Hold) -> String {
        let what = hold.kind == "writes" ? "Writes" : "Requests"
        let left = DurationText.tenths(ofMilliseconds: Int64(hold.expiresInMilliseconds))
        return "\(what) of \(name(hold)) are held by \(hold.actor), \(left) left."
    }

    private static func name(_ hold: Hold) -> String { "\(hold.context) [\(hold.from),\(hold.to))" }

    // MARK: Letting go

    private static func release(_ id: String, _ admin: AdminClient) async throws -> Answer {
        let standing = try await admin.holds().value.holds
        guard standing.contains(where: { $0.id == id }) else {
            let known =
                standing.isEmpty ? "no requests are held" : "held: \(standing.map(\.id).joined(separator: ", "))"
            throw OperationFailure(
                .failed, "no hold \"\(id)\" stands; \(known)", fix: "strangler holds shows what is held")
        }
        let told = try await admin.releaseHold(id)
        let (done, count) = (told.value, told.value.released)
        let name = "\(done.context) [\(done.from),\(done.to))"
        let waited = "\(count) request\(count == 1 ? "" : "s") had waited and go\(count == 1 ? "es" : "") on"
        return Answer(
            [.sentence("Requests of \(name) are no longer held: \(waited).", .good)],
            data: OutputValue(told.document), next: [.init("strangler holds", "what else is held")])
    }

    // MARK: Rehearsing

    private static func rehearse(
        _ context: String, _ admin: AdminClient, _ invocation: Invocation
    ) async throws -> Answer {
        let began = ContinuousClock.now
        let hold = try await admin.hold(
            HoldRequest(
                context: context, from: 0, to: 1_000_000, kind: "writes", leaseMilliseconds: 1000,
                drainMilliseconds: 500, actor: invocation.author.actor))
        let done = try await admin.releaseHold(hold.id).value
        let pause = (ContinuousClock.now - began).microseconds / 1000
        let waited = "\(done.released) request\(done.released == 1 ? "" : "s") waited"
        return Answer(
            [
                .sentence(
                    "Writes of \(context) were held for \(pause) ms, until none was under way on any loop; \(waited).",
                    .good)
            ],
            data: [
                "context": .string(context), "pause_ms": .number(Double(pause)),
                "released": .number(Double(done.released)), "streams": .number(Double(hold.streams)),
            ],
            next: [.init("strangler holds", "what is held now")])
    }
}
