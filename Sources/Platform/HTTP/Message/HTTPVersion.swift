/// The two versions that are spoken here. Anything else is refused (505, or 400 when it is no version at all).
package enum HTTPVersion: UInt8, Sendable {
    case http10, http11
}
