/// What two routers say to each other while one takes over from the other: one packet each, in words, so that a trace
/// can be read.
///
/// ```text
/// new → old   strangler-takeover 1 claim
/// old → new   strangler-takeover 1 offer PACKETS
/// old → new   sockets GROUP ROLE NAME            with at most 64 descriptors; PACKETS of them
/// new → old   ready GROUP,GROUP,…                the groups it keeps; it could serve now
/// old → new   go                                 accepts no more, and holds its sockets still
/// new → old   serving                            accepts; the old one lets go, and closes the connection
/// either      abort REASON                       the old one serves on
/// ```
enum TakeoverMessage: Equatable {
    /// The first message of each side carries the version, so that a later version can be told apart and refused with a
    /// reason.
    case claim(version: Int)
    case offer(version: Int, packets: Int)
    case sockets(group: Int, role: Role, name: String)
    case ready(groups: [Int])
    case go
    case serving
    case abort(reason: String)

    /// The purpose of a socket that is handed over.
    enum Role: String {
        case data
        case admin
        case takeover
    }

    static let version = 1
    /// The limit of one packet, in bytes.
    static let sizeLimit = 8 << 10
    /// A unix path has 107 bytes at most; the rest is `unix:`.
    static let nameLimit = 128
    static let reasonLimit = 256
    /// The limit of one offer. It keeps what waits in the socket far below its buffer, so that the old router never
    /// waits for the new one to read.
    static let packetLimit = 128

    private static let greeting = "strangler-takeover "

    var bytes: [UInt8] {
        switch self {
        case .claim(let version): Array("\(Self.greeting)\(version) claim".utf8)
        case .offer(let version, let packets): Array("\(Self.greeting)\(version) offer \(packets)".utf8)
        case .sockets(let group, let role, let name): Array("sockets \(group) \(role.rawValue) \(name)".utf8)
        case .ready(let groups): Array("ready \(groups.map(String.init).joined(separator: ","))".utf8)
        case .go: Array("go".utf8)
        case .serving: Array("serving".utf8)
        case .abort(let reason): Array("abort \(reason)".utf8.prefix(6 + Self.reasonLimit))
        }
    }

    /// Nil for anything that is not exactly one of these messages within its bounds.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.sizeLimit, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        // The last part may contain anything, blanks too.
        let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("strangler-takeover", 3) where parts[2] == "claim":
            guard let version = Self.number(parts[1]) else { return nil }
            self = .claim(version: version)
        case ("strangler-takeover", 4) where parts[2] == "offer":
            guard let version = Self.number(parts[1]), let packets = Self.number(parts[3]),
                packets <= Self.packetLimit
            else { return nil }
            self = .offer(version: version, packets: packets)
        case ("sockets", 4):
            guard let group = Self.number(parts[1]), group < Self.packetLimit,
                let role = Role(rawValue: String(parts[2])),
                !parts[3].isEmpty, parts[3].utf8.count <= Self.nameLimit
            else { return nil }
            self = .sockets(group: group, role: role, name: String(parts[3]))
        case ("ready", 2):
            var groups: [Int] = []
            for word in parts[1].split(separator: ",", omittingEmptySubsequences: true) {
                guard let group = Self.number(word), group < Self.packetLimit, groups.count < Self.packetLimit else {
                    return nil
                }
                groups.append(group)
            }
            self = .ready(groups: groups)
        case ("go", 1): self = .go
        case ("serving", 1): self = .serving
        case ("abort", _):
            guard text.utf8.count <= 6 + Self.reasonLimit else { return nil }
            self = .abort(reason: String(text.dropFirst(6)))
        default: return nil
        }
    }

    /// Digits only, few enough that nothing overflows.
    private static func number(_ text: Substring) -> Int? {
        guard (1...6).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
