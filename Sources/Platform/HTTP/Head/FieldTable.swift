/// The field lines of the head that was parsed last, as offsets into it.
///
/// One table per parser, its memory allocated once. Valid until the next `parse`; confined to the loop that owns the
/// parser.
package final class FieldTable {
    /// One field line.
    package struct Entry: Equatable, Sendable {
        /// First byte of the line, which is the first of the name.
        package var start: UInt32
        package var nameEnd: UInt32
        /// The value without white space around it.
        package var valueStart: UInt32
        package var valueEnd: UInt32
        /// Behind the line's CRLF.
        package var end: UInt32
        package var field: KnownField
        /// Named by `Connection`, and so meant for this hop only.
        package var isNominated: Bool

        package var name: ByteRange { ByteRange(start: start, end: nameEnd) }
        package var value: ByteRange { ByteRange(start: valueStart, end: valueEnd) }
    }

    /// The counts of one scan. They are kept apart from the table so that the inner loop works on a plain value.
    struct Summary {
        var count = 0
        var present: UInt64 = 0
        var repeated: UInt64 = 0
        var lines = ByteRange.empty
    }

    /// Confined to one loop, and no reference to them is ever passed on: the run-time check of exclusive access, a
    /// tenth of a parse, has nothing to find here.
    @exclusivity(unchecked) var summary = Summary()
    /// Whether any entry is nominated by `Connection`.
    @exclusivity(unchecked) package internal(set) var hasNominated = false

    /// Number of field lines.
    package var count: Int { summary.count }
    /// Which known fields are present.
    package var present: FieldSet { FieldSet(rawValue: summary.present) }
    /// Which known fields have more than one line.
    package var repeated: FieldSet { FieldSet(rawValue: summary.repeated) }
    /// The stretch of all field lines, without the empty line behind them.
    package var lines: ByteRange { summary.lines }

    let capacity: Int
    /// Owned; `capacity` entries, the first `count` of which are initialised.
    let entries: UnsafeMutablePointer<Entry>
    /// Owned; index of the first line of a known field, meaningful where `present` has the field.
    let firstOf: UnsafeMutablePointer<UInt16>

    init(capacity: Int) {
        self.capacity = min(max(capacity, 1), Int(UInt16.max))
        entries = .allocate(capacity: self.capacity)
        firstOf = .allocate(capacity: 64)
        firstOf.initialize(repeating: 0, count: 64)
    }

    /// Where a scan records what it finds. Valid as long as the table.
    var recorder: FieldScanner.Recorder {
        FieldScanner.Recorder(entries: entries, firstOf: firstOf, capacity: capacity)
    }

    /// Takes over what a scan recorded.
    func adopt(_ summary: Summary) {
        self.summary = summary
        hasNominated = false
    }

    deinit {
        entries.deallocate()
        firstOf.deallocate()
    }

    /// The field line at `index`, which must be below `count`.
    package subscript(index: Int) -> Entry {
        precondition(index >= 0 && index < count, "field index out of range")
        return entries[index]
    }

    /// Index of the first line of `field`, or nil.
    package func first(_ field: KnownField) -> Int? {
        present.contains(field) ? Int(firstOf[Int(field.rawValue)]) : nil
    }

    /// Value of the first line of `field`, or nil.
    package func value(_ field: KnownField) -> ByteRange? {
        present.contains(field) ? entries[Int(firstOf[Int(field.rawValue)])].value : nil
    }

    /// Value of the last line of `field`, which the nearest hop wrote, or nil.
    package func lastValue(_ field: KnownField) -> ByteRange? {
        guard repeated.contains(field) else { return value(field) }
        var last: ByteRange?
        forEach(field) { last = $0.value }
        return last
    }

    /// Index of the last line of `field`, or nil.
    func last(_ field: KnownField) -> Int? {
        (0..<count).last { entries[$0].field == field }
    }

    /// The line of the head, counted from 1, with the first name that has a `_`; nil: none.
    package var firstUnderscored: Int? {
        (0..<count).first { entries[$0].field == .underscored || entries[$0].field == .lookalike }.map { $0 + 2 }
    }

    /// How many lines `field` has.
    package func count(of field: KnownField) -> Int {
        guard present.contains(field) else { return 0 }
        guard repeated.contains(field) else { return 1 }
        var found = 0
        for index in Int(firstOf[Int(field.rawValue)])..<count where entries[index].field == field { found += 1 }
        return found
    }

    /// Index of the first line at or behind `from` whose name is `name` (in lower case), in any case of letters, or
    /// nil.
    ///
    /// For names without a `KnownField`; `head` is the buffer that was parsed.
    package func index(named name: UnsafeRawBufferPointer, in head: UnsafeRawBufferPointer, from: Int = 0) -> Int? {
        guard let wanted = name.bindMemory(to: UInt8.self).baseAddress, !name.isEmpty,
            let base = head.bindMemory(to: UInt8.self).baseAddress
        else { return nil }
        var index = max(from, 0)
        while index < count {
            let entry = entries[index]
            if Int(entry.nameEnd) - Int(entry.start) == name.count, Int(entry.end) <= head.count,
                ByteScan.equalsFolded(base + Int(entry.start), wanted, name.count)
            {
                return index
            }
            index += 1
        }
        return nil
    }

    /// Calls `body` with every line of `field`, in order.
    package func forEach(_ field: KnownField, _ body: (Entry) -> Void) {
        guard present.contains(field) else { return }
        for index in Int(firstOf[Int(field.rawValue)])..<count where entries[index].field == field {
            body(entries[index])
        }
    }
}
