import AdminAPI
import AdminClient
import Arguments
import ControlKit
import JSON
import Operations

/// `strangler status [ROUTE] [--watch]`: one sentence, a table, and what to do next.
enum StatusCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let admin = try invocation.admin()
        let console = invocation.console
        guard invocation.inputs.has("watch") else { return try await once(invocation, admin) }
        // Watching ends with Ctrl-C or with its reader, so the last response is never printed twice.
        console.outlet.endsWithReader()
        while true {
            let answer = try await once(invocation, admin)
            if invocation.wantsJSON {
                console.print(json: answer.document.json(pretty: false) + "\n")
            } else {
                let text = answer.text(console.outStyle, width: console.columns)
                if console.outStyle.isColoured {
                    console.print(
                        screen: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
                        before: "\u{1B}[H", behind: "\u{1B}[J")
                } else {
                    console.print(text + "\n")
                }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func once(_ invocation: Invocation, _ admin: AdminClient) async throws -> Answer {
        let told = try await admin.toldStatus()
        let status = told.value
        await invocation.ledger.observe(revision: status.revision, document: nil, through: admin)
        let id = invocation.inputs["ROUTE"]
        if let id, status.route(id) == nil {
            throw OperationFailure.noRoute(id, among: status.routes.map(\.id), where: "the router at \(admin.address)")
        }
        var data = OutputValue(told.document)
        if let id, case .array(let routes)? = data["routes"] {
            data["routes"] = .array(routes.filter { $0["id"] == .string(id) })
        }
        return StatusPage.answer(
            status, StatusFacts.read(status, try invocation.operation()), route: id, data: data)
    }
}

extension OutputValue {
    /// A value that was read, to be written again.
    init(_ value: JSONValue) {
        switch value.kind {
        case .null: self = .null
        case .bool: self = .bool(value.bool ?? false)
        case .number: self = value.int.map { .integer(Int64($0)) } ?? .number(value.double ?? 0)
        case .string, .key: self = .string(value.string ?? "")
        case .array: self = .array(value.elements.map(OutputValue.init))
        case .object: self = .object(value.members.map { Member($0.key, OutputValue($0.value)) })
        }
    }
}
