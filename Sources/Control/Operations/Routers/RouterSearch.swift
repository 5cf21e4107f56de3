package import AdminClient
import Routing

/// Where the router of a configuration is asked, when nobody said: decided from what lies around the file. Pure, but
/// for one question: who accepts a connection at an address.
package struct RouterSearch {
    /// What a router left beside the configuration.
    package struct Notice: Equatable {
        var place: String
        var router: RunningRouter
        /// Exactly that process runs.
        var isAlive: Bool
    }

    /// The configuration that was asked for.
    package var file: String
    package var notices: [Notice] = []
    /// What the file says; nil: it cannot be read, or is no JSON.
    package var written: AdminAddress?
    /// Why `written` is nil.
    package var trouble = ""
    /// What copies that once worked say, the newest first.
    package var copies: [AdminAddress] = []
    /// Where a router is that was never told otherwise.
    package var guess: AdminAddress
    /// The other configurations of the folder whose living routers have said where they are.
    package var strangers: [AdminAddress: String] = [:]
    /// One form for all names of a socket.
    package var canonical: (AdminAddress) -> AdminAddress = { $0 }

    /// The process that said that it serves this configuration, and runs.
    package var livingProcess: Int32? { notices.first(where: \.isAlive)?.router.pid }

    package struct Found: Equatable {
        /// nil: the only address to be thought of is another configuration's.
        package var address: AdminAddress?
        /// What the user should know of how it was found.
        package var remarks: [String] = []
    }

    package func run(_ answers: (AdminAddress) -> Bool) -> Found {
        // The process that wrote the notice lives, so it serves this configuration, whatever the file says by now.
        for notice in notices where notice.isAlive {
            let addresses = notice.router.admin.compactMap { AdminAddress($0) }
            let living = addresses.first(where: answers)
            guard let address = living ?? addresses.first else { continue }
            let isOwn = written.map { addresses.map(canonical).contains(canonical($0)) } ?? false
            if let written, isOwn {
                // A hung router accepts nowhere, and is the one all the same.
                guard let living, !answers(written) else { return Found(address: written) }
                let remark = "\(written) accepts no connection; asking the router at \(living) (\(notice.place))"
                return Found(address: living, remarks: [remark])
            }
            return Found(address: address, remarks: [remark(notice, address)])
        }
        if let written, answers(written) { return Found(address: written) }
        // Not to be seen from here, such as from outside its container; a socket that accepts has somebody behind it.
        for notice in notices where !notice.isAlive {
            let sockets = notice.router.admin.compactMap { AdminAddress($0) }.filter {
                $0.isUnix && stranger($0) == nil
            }
            if let address = sockets.first(where: answers) {
                return Found(address: address, remarks: [remark(notice, address)])
            }
        }
        for address in copies where address != written && stranger(address) == nil && answers(address) {
            return Found(
                address: address,
                remarks: ["\(reason()); asking the router at \(address), as a copy that worked has it"])
        }
        if written == nil {
            if let other = stranger(guess) {
                return Found(
                    address: copies.first { stranger($0) == nil },
                    remarks: ["\(reason()); the router at \(guess) serves \(other), and is not asked"] + stale)
            }
            if answers(guess) {
                return Found(address: guess, remarks: ["\(reason()); asking the router at \(guess)"])
            }
        }
        let address = written ?? copies.first { stranger($0) == nil } ?? guess
        return Found(address: address, remarks: (written == nil ? [reason()] : []) + stale)
    }

    private func stranger(_ address: AdminAddress) -> String? { strangers[canonical(address)] }

    private var stale: [String] {
        notices.filter { !$0.isAlive }.map {
            "\($0.place) is of a router that has ended (pid \($0.router.pid)); it is passed over"
        }
    }

    private func reason() -> String { "\(file) \(trouble)" }

    private func remark(_ notice: Notice, _ address: AdminAddress) -> String {
        let why = written.map { "\(file) says \($0) by now" } ?? reason()
        return "\(why); asking the router that serves it, at \(address) (\(notice.place))"
    }
}
