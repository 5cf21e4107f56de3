import ControlKit
import Estate

/// Ends what a demo left running when it was killed itself.
package enum DemoLeftovers {
    /// Returns the names of what was still there.
    @discardableResult
    package static func stop(_ layout: DemoLayout, _ console: Console) -> [String] {
        guard let text = FileSystem.readText(layout.pids) else { return [] }
        let left = ProcessTable(parsing: text).entries.filter(\.identity.isAlive)
        if !left.isEmpty {
            console.progress("an earlier demo left \(left.map(\.name).joined(separator: ", ")) running; stopping")
        }
        for entry in left.reversed() { ProcessGroup.stop(entry.identity, patience: .seconds(5)) }
        FileSystem.remove(layout.pids)
        return left.map(\.name)
    }
}
