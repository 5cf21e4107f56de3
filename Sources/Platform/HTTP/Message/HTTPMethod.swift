/// A request method. Known ones have a case; any other valid token is `.other` and is named by
/// `RequestHead.methodRange`.
///
/// Methods are case-sensitive (RFC 9110 9.1): `get` is `.other`.
package enum HTTPMethod: UInt8, Sendable, CaseIterable {
    case other, get, head, post, put, delete, patch, options, trace, connect

    /// The method's name; empty for `.other`.
    package var name: StaticString {
        switch self {
        case .other: ""
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        }
    }

    /// The known method of that name, in exactly this case, or `.other`.
    package init(name: String) {
        self = HTTPMethod.allCases.first { $0 != .other && $0.name.description == name } ?? .other
    }

    /// Safe methods ask only to read (RFC 9110 9.2.1).
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .delete, .patch, .connect, .other: false
        }
    }

    /// Idempotent methods may be sent again when no byte of a response has come (RFC 9110 9.2.2).
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .trace, .put, .delete: true
        case .post, .patch, .connect, .other: false
        }
    }

    /// The method whose name is the `count` bytes (at least one) at `base`. At least eight bytes must be readable
    /// there.
    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, _ count: Int) {
        guard count <= 7 else {
            self = .other
            return
        }
        let word = UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt64.self))
        switch word & ((1 &<< UInt64(count &* 8)) &- 1) {
        case 0x54_4547: self = .get
        case 0x4441_4548: self = .head
        case 0x5453_4F50: self = .post
        case 0x54_5550: self = .put
        case 0x4554_454C_4544: self = .delete
        case 0x48_4354_4150: self = .patch
        case 0x53_4E4F_4954_504F: self = .options
        case 0x45_4341_5254: self = .trace
        case 0x54_4345_4E4E_4F43: self = .connect
        default: self = .other
        }
    }
}
