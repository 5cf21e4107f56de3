package import ControlKit

/// The ports of a demo: the documented ones, or whatever is free when somebody has them.
package struct DemoPorts: Equatable, Sendable {
    package var router: UInt16 = 8080
    package var admin: UInt16 = 8081
    package var monolith: UInt16 = 9000
    package var auth: UInt16 = 9001
    package var filter: UInt16 = 9002
    package var profile: UInt16 = 9003
    /// What had to move, in words.
    package var moved: [String] = []

    package init() {}

    /// - Parameters:
    ///   - isFree: whether a port can be listened on.
    ///   - another: a port that is free; nil when there is none.
    package static func choose(
        isFree: (UInt16) -> Bool, another: () -> UInt16?
    ) throws(OperationFailure) -> DemoPorts {
        var ports = DemoPorts()
        var taken: Set<UInt16> = []
        func settle(_ path: WritableKeyPath<DemoPorts, UInt16>, _ name: String) throws(OperationFailure) {
            let wanted = ports[keyPath: path]
            if isFree(wanted), taken.insert(wanted).inserted { return }
            for _ in 0..<100 {
                guard let port = another() else { break }
                guard taken.insert(port).inserted else { continue }
                ports[keyPath: path] = port
                ports.moved.append("port \(wanted) is busy: \(name) listens on \(port)")
                return
            }
            throw OperationFailure(.failed, "no free port for \(name)")
        }
        try settle(\.router, "the router")
        try settle(\.admin, "its admin API")
        try settle(\.monolith, "the monolith")
        try settle(\.auth, "auth")
        try settle(\.filter, "filter")
        try settle(\.profile, "profile")
        return ports
    }
}
