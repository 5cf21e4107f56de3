import AdminAPI
import AdminClient
import ControlKit
import DataSync
import Migration
import Operations

extension StatusFacts {
    /// Marks the routes whose readers the data gate would not let move up now: a shift of them is not offered.
    mutating func hold(_ status: AdminStatus, _ invocation: Invocation) {
        let groups =
            FileSystem.exists(DataFile.path(invocation)) ? (try? DataFile.document(invocation).groups) ?? [] : []
        var known: [String: Movability?] = [:]
        for index in routes.indices where routes[index].mayRise {
            let id = routes[index].id
            guard let context = routes[index].context, status.route(id)?.mode == "reads" else { continue }
            let told = status.data.first { $0.context == context }
            let group = told?.group ?? context
            let verdict =
                known[context]
                ?? Self.verdict(told, groups.first { $0.name == group }.map { DataStatus.read($0, countsRows: false) })
                .map { .held($0, cure: "strangler data status \(group)") }
            known[context] = verdict
            if let verdict { routes[index].movability = verdict }
        }
    }

    /// As the gate decides; what nobody vouches for passes it.
    static func verdict(_ told: DataContext?, _ read: DataStatus?) -> String? {
        if let read, let problem = DataGate.problem(read) { return problem }
        guard let told, told.state == "stalled" else { return nil }
        return told.reason ?? "the router was told that its rows do not arrive"
    }
}
