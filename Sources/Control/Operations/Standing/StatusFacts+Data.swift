import AdminAPI
import AdminClient
import ControlKit
import DataSync
import Migration
import Routing

extension StatusFacts {
    /// What the router was told of the rows; where nobody told it, what the stores say that `data.json` names.
    static func dataStalls(_ status: AdminStatus, _ context: OperationContext) -> [DataStall] {
        let stalled = status.data.filter { $0.state == "stalled" }.map { DataStall($0.context, $0.reason ?? "") }
        let silent = status.data.filter { $0.state == "unknown" && !$0.readers.isEmpty }
        guard !silent.isEmpty, FileSystem.exists(context.dataPath),
            let groups = try? DataFile.document(at: context.dataPath).groups
        else { return stalled }
        return stalled
            + silent.compactMap { context in
                guard let group = groups.first(where: { $0.name == context.group }) else { return nil }
                let look = DataStatus.read(group, countsRows: false)
                return problem(look, maxLag: context.maxLagMilliseconds).map { DataStall(context.context, $0) }
            }
    }

    /// Whether rows that readers have are old: more patient than the gate of a shift, and as patient as the router.
    private static func problem(_ status: DataStatus, maxLag: Int) -> String? {
        if status.state == .running, status.agentLives, !status.lag.isSmall, status.lag.age <= maxLag { return nil }
        return DataGate.problem(status)
    }
}
