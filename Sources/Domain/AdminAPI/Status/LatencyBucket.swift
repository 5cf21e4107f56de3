package import JSON

/// One bucket of a histogram that is not empty.
package struct LatencyBucket: WireValue, Equatable {
    /// The first microsecond that is not in it.
    package var behindMicroseconds: Int
    /// Since the start; wraps at 2^32.
    package var count: Int

    package init(behindMicroseconds: Int, count: Int) {
        self.behindMicroseconds = behindMicroseconds
        self.count = count
    }

    package static func read(_ json: JSONValue) throws(WireError) -> LatencyBucket {
        let pair = try [Int].read(json)
        guard pair.count == 2 else { throw WireError("has \(pair.count) elements, not 2") }
        return LatencyBucket(behindMicroseconds: pair[0], count: pair[1])
    }

    package func write(to json: inout JSONWriter) { [behindMicroseconds, count].write(to: &json) }

    package static var shape: WireShape { .tuple([.integer, .integer]) }
}
