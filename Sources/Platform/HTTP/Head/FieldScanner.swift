/// Reads field lines up to the empty line, checking every byte (RFC 9112 5).
///
/// Shared by requests, responses and trailers. Each violation is reported at the first byte that makes it certain, so
/// the result for a head does not depend on the pieces it arrives in.
struct FieldScanner {
    enum Outcome: Equatable {
        case needMoreBytes
        /// The offset behind the empty line.
        case end(Int)
        case invalid(HTTPViolation)
    }

    /// Where field lines are recorded: memory of a `FieldTable`, which outlives every scan.
    struct Recorder {
        let entries: UnsafeMutablePointer<FieldTable.Entry>
        let firstOf: UnsafeMutablePointer<UInt16>
        let capacity: Int
    }

    let limits: HeadLimits
    let classes: UnsafePointer<UInt8>
    let names: FieldNameIndex
    /// Names that begin with this prefix, in any case of letters, are `.reserved`. The prefix is in lower case and
    /// begins with an x; an empty one reserves nothing.
    let reservedPrefix: StaticString

    /// `progress` must stand at `lineStart` or behind. With `recorder`, which needs progress at the first field line,
    /// the lines are recorded, and `summary` is set at the end.
    @inline(__always)
    func scan(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ progress: inout HeadProgress, into recorder: Recorder?,
        _ summary: inout FieldTable.Summary
    ) -> Outcome {
        var position = Int(progress.position)
        var lineStart = Int(progress.lineStart)
        var fieldCount = Int(progress.fieldCount)
        var stage = progress.stage
        var present: UInt64 = 0
        var repeated: UInt64 = 0
        let firstLine = position
        let maximum = recorder.map { min($0.capacity, limits.fields) } ?? limits.fields
        while true {
            // Bytes behind `stop` are not read: either they have not arrived, or a limit lies before them.
            let lineLimit = lineStart &+ limits.field &+ 2
            let stop = min(count, min(lineLimit, limits.head))
            var flags: UInt8 = 0
            scanLine: do {
                if stage == .lineStart {
                    guard position < stop else { break scanLine }
                    let byte = base[position]
                    if byte == Ascii.carriageReturn {
                        guard position &+ 1 < stop else { break scanLine }
                        guard base[position &+ 1] == Ascii.lineFeed else {
                            return broken(.bareCarriageReturn, fieldCount, &progress)
                        }
                        summary = FieldTable.Summary(
                            count: fieldCount, present: present, repeated: repeated,
                            lines: ByteRange(firstLine, position))
                        return .end(position &+ 2)
                    }
                    if byte == Ascii.space || byte == Ascii.tab { return broken(.lineFolded, fieldCount, &progress) }
                    if fieldCount >= maximum { return broken(.tooManyFields, fieldCount, &progress) }
                    stage = .fieldName
                }
                if stage == .fieldName {
                    while true {
                        position = ByteScan.firstUncommonInName(base, from: position, to: stop)
                        guard position < stop else { break scanLine }
                        if base[position] == Ascii.colon { break }
                        let byteClasses = classes[Int(base[position])]
                        if byteClasses & ByteClass.token == 0 { break }
                        flags |= byteClasses
                        position &+= 1
                    }
                    guard base[position] == Ascii.colon, position > lineStart else {
                        return broken(
                            nameViolation(base[position], atLineStart: position == lineStart), fieldCount, &progress)
                    }
                    position &+= 1
                    stage = .fieldValue
                }
                let colon = position &- 1
                while true {
                    position = ByteScan.firstControl(base, from: position, to: stop)
                    guard position < stop else { break scanLine }
                    let byte = base[position]
                    if byte == Ascii.tab {
                        position &+= 1
                        continue
                    }
                    guard byte == Ascii.carriageReturn else {
                        return broken(
                            byte == Ascii.lineFeed ? .bareLineFeed : .fieldValueMalformed, fieldCount, &progress)
                    }
                    guard position &+ 1 < stop else { break scanLine }
                    guard base[position &+ 1] == Ascii.lineFeed else {
                        return broken(.bareCarriageReturn, fieldCount, &progress)
                    }
                    break
                }
                if let recorder {
                    let field = kind(base + lineStart, colon &- lineStart, flags, readable: count &- lineStart)
                    let value = ByteScan.trimmed(base, colon &+ 1, position)
                    (recorder.entries + fieldCount).initialize(
                        to: FieldTable.Entry(
                            start: UInt32(truncatingIfNeeded: lineStart), nameEnd: UInt32(truncatingIfNeeded: colon),
                            valueStart: UInt32(truncatingIfNeeded: value.start),
                            valueEnd: UInt32(truncatingIfNeeded: value.end),
                            end: UInt32(truncatingIfNeeded: position &+ 2), field: field, isNominated: false))
                    let bit: UInt64 = 1 &<< UInt64(field.rawValue)
                    if present & bit == 0 {
                        present |= bit
                        recorder.firstOf[Int(field.rawValue)] = UInt16(truncatingIfNeeded: fieldCount)
                    } else {
                        repeated |= bit
                    }
                }
                position &+= 2
                lineStart = position
                fieldCount &+= 1
                stage = .lineStart
                continue
            }
            if stop == limits.head { return broken(.headTooLarge, fieldCount, &progress) }
            if stop == lineLimit { return broken(.fieldTooLong, fieldCount, &progress) }
            progress.position = UInt32(truncatingIfNeeded: position)
            progress.lineStart = UInt32(truncatingIfNeeded: lineStart)
            progress.fieldCount = UInt16(truncatingIfNeeded: fieldCount)
            progress.stage = stage
            return .needMoreBytes
        }
    }

    /// Leaves the number of the line in `progress`.
    @inline(never)
    private func broken(_ violation: HTTPViolation, _ fieldCount: Int, _ progress: inout HeadProgress) -> Outcome {
        progress.fieldCount = UInt16(truncatingIfNeeded: fieldCount)
        progress.stage = .lineStart
        return .invalid(violation)
    }

    @inline(__always)
    private func kind(_ name: UnsafePointer<UInt8>, _ count: Int, _ flags: UInt8, readable: Int) -> KnownField {
        let known = names.lookup(name, count, readable: readable)
        if known != .other { return known }
        // Both prefixes begin with an x, and few names do: the rest is kept out of the loop over fields.
        if flags & ByteClass.underscore == 0, name[0] | 0x20 != 0x78 { return .other }
        return seldom(name, count, flags)
    }

    @inline(never)
    private func seldom(_ name: UnsafePointer<UInt8>, _ count: Int, _ flags: UInt8) -> KnownField {
        flags & ByteClass.underscore != 0 ? underscored(name, count) : prefixed(name, count)
    }

    /// The kind of a name that has no meaning of its own.
    private func prefixed(_ name: UnsafePointer<UInt8>, _ count: Int) -> KnownField {
        if begins(name, count, with: reservedPrefix) { return .reserved }
        return begins(name, count, with: Self.forwardedPrefix) ? .xForwardedOther : .other
    }

    private static let forwardedPrefix: StaticString = "x-forwarded-"

    private func begins(_ name: UnsafePointer<UInt8>, _ count: Int, with prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return length > 0 && count >= length && name[0] | 0x20 == prefix.utf8Start[0]
            && ByteScan.equalsFolded(name, prefix.utf8Start, length)
    }

    /// The kind of a name with `_`. It is decided by what a program that cannot tell `_` from `-` takes the name for.
    private func underscored(_ name: UnsafePointer<UInt8>, _ count: Int) -> KnownField {
        // No known name is longer, and the prefixes are shorter.
        let length = min(count, 64)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
            guard let hyphened = buffer.baseAddress else { return .lookalike }
            for index in 0..<length { hyphened[index] = name[index] == 0x5F ? 0x2D : name[index] }
            let known = count == length ? names.lookup(hyphened, length, readable: length) : .other
            let kind = known == .other ? prefixed(hyphened, length) : known
            return kind == .reserved || FieldSet.unmistakable.contains(kind) ? .lookalike : .underscored
        }
    }

    private func nameViolation(_ byte: UInt8, atLineStart: Bool) -> HTTPViolation {
        switch byte {
        case Ascii.space, Ascii.tab: .spaceBeforeColon
        case Ascii.lineFeed: .bareLineFeed
        default: .fieldNameMalformed
        }
    }
}
