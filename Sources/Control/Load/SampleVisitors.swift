/// Who asks for what: a mix of requests over sample users and many anonymous visitors, the same for the same seed.
package struct SampleVisitors: Sendable {
    package struct Account: Equatable, Sendable {
        package var id: String
        package var token: String
        package var images: [String]

        package init(id: String, token: String, images: [String]) {
            self.id = id
            self.token = token
            self.images = images
        }
    }

    /// One request to send.
    package struct Request: Equatable, Sendable {
        package var target: String
        package var fields: [String: String]
        package var name: String { "GET " + target }
    }

    private let accounts: [Account]
    private var random: SeededRandom
    /// Enough that even one in a hundred is somebody.
    private static let visitors: UInt64 = 5_000

    package init(_ accounts: [Account], seed: UInt64) {
        self.accounts = accounts
        random = SeededRandom(seed: seed)
    }

    package mutating func next() -> Request {
        let draw = random.next() % 100
        guard !accounts.isEmpty else { return Request(target: "/", fields: [:]) }
        let someone = accounts[Int(random.next() % UInt64(accounts.count))]
        let visitor = ["cookie": "strangler_id=visitor-\(random.next() % Self.visitors)"]
        switch draw {
        case ..<62: return Request(target: "/api/profiles/\(someone.id)", fields: visitor)
        case ..<76: return Request(target: "/api/profiles/\(someone.id)/images", fields: visitor)
        case ..<84: return Request(target: "/api/filters", fields: visitor)
        case ..<92:
            return Request(target: "/api/auth/session", fields: ["authorization": "Bearer \(someone.token)"])
        case ..<96: return Request(target: "/", fields: visitor)
        default:
            guard let image = someone.images.first else { return Request(target: "/", fields: visitor) }
            return Request(target: "/api/images/\(image)", fields: visitor)
        }
    }
}
