/// `Max-Forwards`: how many more recipients OPTIONS and TRACE may be handed on to (RFC 9110 7.6.2).
package enum MaxForwards {
    /// The most that is passed on: no sensible chain is longer.
    package static let most: UInt64 = 255

    /// What the field says, at most `most`; nil when it is not there, or no number. Of several lines the least counts.
    package static func read(_ fields: FieldTable, in head: UnsafeRawBufferPointer) -> UInt64? {
        var least: UInt64?
        fields.forEach(.maxForwards) { line in
            let digits = line.value.slice(of: head)
            guard !digits.isEmpty, digits.allSatisfy({ $0 >= Ascii.zero && $0 <= Ascii.nine }) else { return }
            let value = digits.reduce(0) { min($0 * 10 + UInt64($1 - Ascii.zero), most + 1) }
            least = min(least ?? most, value)
        }
        return least
    }
}
