/// Something that the router tells of itself as it happens (`GET /v1/events`): `event: NAME`, and the value as `data`.
package protocol AdminEvent: WireObject {
    static var name: String { get }
}

extension AdminEvent {
    /// As it goes over the wire (WHATWG HTML 9.2.6).
    package var text: [UInt8] { Array("event: \(Self.name)\ndata: ".utf8) + json + [0x0A, 0x0A] }
}
