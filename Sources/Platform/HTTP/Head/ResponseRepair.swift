/// Writes a response head anew in its strict form, where RFC 9112 tells a proxy what to do or a tolerant reading has
/// one meaning only.
///
/// It looks for the end of the head as a reader of its kind of lines would: lines that end in CRLF, or, for
/// `Tolerance.legacy`, lines that all end in a line feed alone. A head with both is refused: where it ends would depend
/// on who reads it. What it writes is read strictly.
final class ResponseRepair {
    private let limits: HeadLimits
    private let tolerance: Tolerance
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var count = 0

    init(limits: HeadLimits, tolerance: Tolerance) {
        self.limits = limits
        self.tolerance = tolerance
    }

    deinit { memory.deallocate() }

    /// The head that was written last.
    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]) }

    /// Whether a head with that violation, the first one of a strict reading, may be readable all the same.
    static func mayHelp(_ violation: HTTPViolation, _ tolerance: Tolerance) -> Bool {
        switch violation {
        case .spaceBeforeColon, .lineFolded: true
        case .bareLineFeed: tolerance == .legacy
        default: false
        }
    }

    /// Looks at the head at `base` from `progress.position` on, and writes it when its end is there: `.end` is behind
    /// it.
    func write(
        _ base: UnsafePointer<UInt8>, _ available: Int, _ progress: inout HeadProgress
    ) -> FieldScanner.Outcome {
        let stop = min(available, limits.head)
        var position = Int(progress.position)
        var lineStart = Int(progress.lineStart)
        var endsLinesInCRLF: Bool?
        if lineStart > 0 { endsLinesInCRLF = lineStart > 1 && base[lineStart - 2] == Ascii.carriageReturn }
        while position < stop {
            defer { position += 1 }
            guard base[position] == Ascii.lineFeed else {
                // The violation is reported before the head's end has come: waiting for an end that may never come
                // would hold the response back.
                if endsLinesInCRLF == false, base[position] == Ascii.carriageReturn {
                    return refused(.lineEndsMixed, &progress)
                }
                continue
            }
            let isCRLF = position > lineStart && base[position - 1] == Ascii.carriageReturn
            if let endsLinesInCRLF, endsLinesInCRLF != isCRLF { return refused(.lineEndsMixed, &progress) }
            if !isCRLF, tolerance == .strict { return refused(.bareLineFeed, &progress) }
            endsLinesInCRLF = isCRLF
            let isEmpty = position - lineStart == (isCRLF ? 1 : 0)
            lineStart = position + 1
            progress.fieldCount &+= 1
            guard isEmpty else { continue }
            return rewrite(base, position + 1, isCRLF ? 2 : 1, &progress)
        }
        if stop == limits.head { return refused(.headTooLarge, &progress) }
        progress.position = UInt32(truncatingIfNeeded: position)
        progress.lineStart = UInt32(truncatingIfNeeded: lineStart)
        return .needMoreBytes
    }

    /// `progress` counts whole lines, the start line among them, while an end is looked for, but the report of a
    /// violation counts fields.
    private func refused(_ violation: HTTPViolation, _ progress: inout HeadProgress) -> FieldScanner.Outcome {
        progress.fieldCount -= min(progress.fieldCount, 1)
        progress.stage = .lineStart
        return .invalid(violation)
    }

    private func rewrite(
        _ base: UnsafePointer<UInt8>, _ end: Int, _ lineEnd: Int, _ progress: inout HeadProgress
    ) -> FieldScanner.Outcome {
        // Each line gains one byte at most.
        let room = end + Int(progress.fieldCount) + 2
        if memory.count < room {
            memory.deallocate()
            memory = .allocate(byteCount: room, alignment: 8)
        }
        var writer = HeadWriter(memory)
        var start = 0
        var number = 0
        while start < end {
            var next = start
            while base[next] != Ascii.lineFeed { next += 1 }
            let line = (start: start, end: next + 1 - lineEnd)
            start = next + 1
            if number > 0, line.start < line.end, Self.isBlank(base[line.start]) {
                let text = ByteScan.trimmed(base, line.start, line.end)
                // The line has only blanks, and some programs take that for the empty line that ends the head. A status
                // line is not continued either.
                guard number > 1, text.start < text.end else {
                    progress.fieldCount = UInt16(truncatingIfNeeded: number)
                    return refused(.lineFolded, &progress)
                }
                writer.removeLineEnd()
                writer.append(byte: Ascii.space)
                writer.append(Self.bytes(base, text.start, text.end))
            } else {
                appendLine(base, line.start, line.end, isField: number > 0, to: &writer)
                number += 1
            }
            writer.append("\r\n")
        }
        guard !writer.hasOverflowed else { return refused(.headTooLarge, &progress) }
        count = writer.count
        return .end(end)
    }

    /// A line without its end, and of a field without blanks before the colon.
    private func appendLine(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isField: Bool, to writer: inout HeadWriter
    ) {
        let nameEnd = ByteScan.firstOutside(ByteClass.token, ByteClass.table, base, from: start, to: end)
        var colon = nameEnd
        while colon < end, Self.isBlank(base[colon]) { colon += 1 }
        if isField, nameEnd > start, colon > nameEnd, colon < end, base[colon] == Ascii.colon {
            writer.append(Self.bytes(base, start, nameEnd))
            writer.append(Self.bytes(base, colon, end))
        } else {
            writer.append(Self.bytes(base, start, end))
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == Ascii.space || byte == Ascii.tab }

    private static func bytes(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }
}

extension HeadWriter {
    /// Takes back the CRLF that was written last, and blanks before it.
    fileprivate mutating func removeLineEnd() {
        guard !hasOverflowed else { return }
        position -= 2
        while position > 0, buffer[position - 1] == Ascii.space || buffer[position - 1] == Ascii.tab { position -= 1 }
    }
}
