import AdminAPI
import ControlKit
import Migration
import Testing

@testable import DataSync
@testable import Strangler

/// What an agent tells its router of a group in each state.
@Suite struct DataReporterTests {
    private static func status(_ state: DataStatus.State, rows: Int = 0, age: Int = 0) -> DataStatus {
        var status = DataStatus(group: "profile", state: state)
        status.lag = SyncLag(rows: rows, age: age)
        status.proof = DataStatus.Proof(rows: 9, position: 1, time: 1)
        status.agent = .present(nil, silence: 10)
        return status
    }

    private static func unproven() -> DataStatus {
        var status = status(.running)
        status.proof = nil
        return status
    }

    private static func absent() -> DataStatus {
        var status = status(.running)
        status.agent = .absent
        return status
    }

    private static func keyless() -> DataStatus {
        var status = status(.running)
        status.keyless = 2
        return status
    }

    @Test(
        arguments: [
            (status(.running, rows: 3, age: 40), "running", nil), (status(.copying), "copying", nil),
            (status(.proving), "proving", nil), (unproven(), "proving", nil),
            (keyless(), "incomplete", "2 rows have no key"),
            (status(.stopped), "stopped", nil), (status(.notCreated), "not-created", nil),
            (status(.unreadable), "unreadable", nil), (absent(), "unreadable", "the agent cannot be seen"),
        ] as [(DataStatus, String, String?)])
    func `a report says of each group what it is`(_ status: DataStatus, _ state: String, _ reason: String?) {
        let line = DataReporter.lines([status])[0]
        #expect(line.state == state && line.reason == reason)
        #expect(line.lagRows?.value == status.lag.rows && line.lagMilliseconds?.value == status.lag.age)
    }
}
