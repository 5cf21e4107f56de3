/// Gives a path its one spelling, so that what is matched is what is forwarded (RFC 3986 6.2.2).
///
/// Escapes of unreserved bytes are decoded and all others written in upper case, dot segments are resolved, runs of slashes merged, an empty
/// path becomes `/`. A path that programs read in different ways is refused: `%00`, `%2F`, `%5C`, half an escape, and parameters on a dot segment
/// (`/..;/`, which some servers take for `/../`). The query is passed on as it is.
package struct TargetNormaliser: Sendable {
    package enum Outcome: Equatable, Sendable {
        /// Already in normal form: use the target as it is. Its path ends at `pathEnd`.
        case canonical(pathEnd: Int)
        /// Written to the buffer: `length` bytes, the path being the first `pathEnd`. (They begin at the buffer's start.)
        case rewritten(length: Int, pathEnd: Int)
        case invalid(HTTPViolation)
    }

    /// Whether `//` is read as `/`. Default true.
    package var mergesSlashes = true

    package init(mergesSlashes: Bool = true) { self.mergesSlashes = mergesSlashes }

    /// Normalises `target`, which is `RequestHead.pathAndQuery`: it begins with `/`, or is `*`, or has an empty path.
    ///
    /// `buffer` must hold `target.count + 1` bytes, else a target that needs rewriting is `.targetTooLong`. Nothing is written to it when the
    /// target is canonical, as nearly all are.
    package func normalise(_ target: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        guard let base = target.bindMemory(to: UInt8.self).baseAddress else {
            return rewriteEmpty(target, buffer)
        }
        let classes = ByteClass.table
        var position = 0
        let end = target.count
        var previous: UInt8 = 0
        while position < end {
            let byte = base[position]
            let flags = classes[Int(byte)]
            if flags & ByteClass.pathSyntax != 0 {
                // A dot or a slash behind a slash, or any escape: look closely. A `;` matters only behind dots.
                if byte == Ascii.percent { return rewrite(target, base, buffer, classes) }
                if previous == Ascii.slash, byte == Ascii.dot || (byte == Ascii.slash && mergesSlashes) {
                    return rewrite(target, base, buffer, classes)
                }
            } else if flags & ByteClass.path == 0 {
                if byte == Ascii.question { break }
                return .invalid(.targetMalformed)
            }
            previous = byte
            position &+= 1
        }
        if base[0] != Ascii.slash {
            if end == 1, base[0] == Ascii.asterisk { return .canonical(pathEnd: 1) }
            return position == 0 ? rewriteEmpty(target, buffer) : .invalid(.targetMalformed)
        }
        return .canonical(pathEnd: position)
    }

    /// `http://host` and `http://host?query`: the path is `/` (RFC 9110 4.2.3).
    private func rewriteEmpty(_ target: UnsafeRawBufferPointer, _ buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        var writer = HeadWriter(buffer)
        writer.append(byte: Ascii.slash)
        writer.append(target)
        return writer.hasOverflowed ? .invalid(.targetTooLong) : .rewritten(length: writer.count, pathEnd: 1)
    }

    private func rewrite(
        _ target: UnsafeRawBufferPointer, _ base: UnsafePointer<UInt8>, _ buffer: UnsafeMutableRawBufferPointer,
        _ classes: UnsafePointer<UInt8>
    ) -> Outcome {
        let end = target.count
        guard base[0] == Ascii.slash else { return .invalid(.targetMalformed) }
        guard buffer.count > end, let output = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return .invalid(.targetTooLong)
        }
        var position = 0
        let decoded: Int
        switch decode(base, end, output, classes, &position) {
        case .success(let length): decoded = length
        case .failure(let violation): return .invalid(violation)
        }
        guard let pathEnd = resolve(output, decoded) else { return .invalid(.pathParameterOnDots) }
        (output + pathEnd).update(from: base + position, count: end - position)
        return .rewritten(length: pathEnd + end - position, pathEnd: pathEnd)
    }

    /// Writes the path with its escapes in normal form, never longer than it came. `position` is left at its end. First half of `rewrite`.
    private func decode(
        _ base: UnsafePointer<UInt8>, _ end: Int, _ output: UnsafeMutablePointer<UInt8>,
        _ classes: UnsafePointer<UInt8>, _ position: inout Int
    ) -> Result<Int, HTTPViolation> {
        var length = 0
        while position < end, base[position] != Ascii.question {
            let byte = base[position]
            position += 1
            guard byte == Ascii.percent else {
                guard classes[Int(byte)] & ByteClass.path != 0 else { return .failure(.targetMalformed) }
                output[length] = byte
                length += 1
                continue
            }
            guard position + 1 < end, let high = digit(base[position]), let low = digit(base[position + 1]) else {
                return .failure(.pathEscapeMalformed)
            }
            position += 2
            let decoded = high << 4 | low
            if decoded == 0 || decoded == Ascii.slash || decoded == Ascii.backslash {
                return .failure(.pathEscapeRefused)
            }
            if classes[Int(decoded)] & ByteClass.unreserved != 0 {
                output[length] = decoded
                length += 1
            } else {
                output[length] = Ascii.percent
                output[length + 1] = upperDigit(high)
                output[length + 2] = upperDigit(low)
                length += 3
            }
        }
        return .success(length)
    }

    /// Resolves dot segments and merges slashes in place (RFC 3986 5.2.4; above the root lies the root). Second half of `rewrite`.
    ///
    /// Returns the new length, or nil when a dot segment has a parameter.
    private func resolve(_ path: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int? {
        var written = 0
        var position = 0
        while position < count {
            // path[position] is the slash before a segment.
            let start = position + 1
            var end = start
            while end < count, path[end] != Ascii.slash { end += 1 }
            let isLast = end == count
            let dots = dotCount(path, start, end)
            if dots > 0, start + dots < end {
                guard !isParameter(path, start + dots, end) else { return nil }
            }
            let isDotSegment = dots > 0 && start + dots == end
            if isDotSegment && dots == 2 {
                while written > 0 {
                    written -= 1
                    if path[written] == Ascii.slash { break }
                }
            }
            if isDotSegment || (start == end && mergesSlashes) {
                if isLast {
                    path[written] = Ascii.slash
                    written += 1
                }
            } else {
                (path + written).update(from: path + position, count: end - position)
                written += end - position
            }
            position = end
        }
        return written
    }

    /// 1 or 2 when the segment begins with that many dots and no more, else 0.
    private func dotCount(_ path: UnsafeMutablePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var dots = 0
        while start + dots < end, dots < 3, path[start + dots] == Ascii.dot { dots += 1 }
        return dots < 3 ? dots : 0
    }

    /// Whether a parameter begins at `position`: `;` or its escape, which some servers decode before they look for parameters.
    private func isParameter(_ path: UnsafeMutablePointer<UInt8>, _ position: Int, _ end: Int) -> Bool {
        if path[position] == Ascii.semicolon { return true }
        return end - position >= 3 && path[position] == Ascii.percent && path[position + 1] == 0x33
            && path[position + 2] == 0x42
    }

    private func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private func upperDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }
}
