import AdminAPI
import AdminClient
import ControlKit
import DataSync
import Migration

extension StatusFacts {
    /// Marks the routes whose readers the data gate would not let move up now: a shift of them is not offered.
    mutating func hold(_ status: AdminStatus, _ context: OperationContext) {
        let path = context.dataPath
        let groups = FileSystem.exists(path) ? (try? DataFile.document(at: path).groups) ?? [] : []
        var known: [String: Movability?] = [:]
        for index in routes.indices where routes[index].mayRise {
            let id = routes[index].id
            guard let context = routes[index].context, status.route(id)?.mode == "reads" else { continue }
            let told = status.data.first { $0.context == context }
            let group = told?.group ?? context
            let verdict =
                known[context]
                ?? Self.verdict(told, groups.first { $0.name == group }.map { DataStatus.read($0, countsRows: false) })
                .map { .held($0, cure: .dataStatus(group: group)) }
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
