import EventLoop

/// The listening sockets of one address, as they are handed from process to process.
///
/// All of them are handed over: a connection waits in the queue of one socket (SO_REUSEPORT), and is reset when the
/// last copy of that socket is closed.
struct SocketGroup {
    var role: TakeoverMessage.Role
    /// The address as the configuration has it, port 0 included, because the next process looks it up by that.
    var name: String
    var descriptors: [Int32]

    /// As messages: the packets in which the groups travel; nil when they are more than a take-over carries.
    static func packets(of groups: [SocketGroup]) -> [(message: TakeoverMessage, descriptors: [Int32])]? {
        var packets: [(message: TakeoverMessage, descriptors: [Int32])] = []
        for (index, group) in groups.enumerated() {
            for start in stride(from: 0, to: group.descriptors.count, by: PacketSocket.descriptorLimit) {
                let end = min(start + PacketSocket.descriptorLimit, group.descriptors.count)
                packets.append(
                    (
                        .sockets(group: index, role: group.role, name: group.name),
                        Array(group.descriptors[start..<end])
                    ))
            }
        }
        return packets.count <= TakeoverMessage.packetLimit ? packets : nil
    }
}

/// Sockets that came from another process, until they are asked for by address.
struct InheritedSockets {
    private(set) var groups: [SocketGroup] = []
    /// The groups that were asked for.
    private(set) var kept: [Int] = []

    /// False when the message does not continue what came before it, or one of the descriptors is no listening socket.
    mutating func add(_ message: TakeoverMessage, _ descriptors: [Int32]) -> Bool {
        guard case .sockets(let index, let role, let name) = message, descriptors.allSatisfy(SystemCall.isListening)
        else { return false }
        if index == groups.count {
            groups.append(SocketGroup(role: role, name: name, descriptors: descriptors))
            return true
        }
        guard index == groups.count - 1, groups[index].role == role, groups[index].name == name else { return false }
        groups[index].descriptors += descriptors
        return true
    }

    /// The sockets of an address, which the caller owns from now on; none when the address is new.
    mutating func take(_ role: TakeoverMessage.Role, _ address: SocketAddress) -> [Int32] {
        let name = address.description
        let found = groups.indices.first { index in
            groups[index].role == role && groups[index].name == name && !kept.contains(index)
        }
        guard let found else { return [] }
        kept.append(found)
        return groups[found].descriptors
    }

    /// Closes the sockets that were not asked for: the old process empties their queues and ends them.
    func closeRest() {
        for (index, group) in groups.enumerated() where !kept.contains(index) {
            for descriptor in group.descriptors { SystemCall.close(descriptor) }
        }
    }
}
