/// Gives a path its one meaning, so that what is matched is what is forwarded (RFC 3986 6.2.2).
///
/// Dot segments are resolved in every spelling, runs of slashes merged, an empty path becomes `/`. What remains is
/// *forwarded* as its client spelt it: `%7E`, `%e4` and raw bytes that browsers leave (`RawPath`) are not rewritten. It
/// is *matched* in one form, so that no client chooses another route by another spelling: escapes of printable ASCII
/// are decoded once, except those of `/`, `\` and `%`; all others are in upper case, and bytes beyond ASCII become the
/// escapes that they should have been. A path that programs read in different ways is refused: `%00`, half an escape, a
/// backslash, parameters on a dot segment (`/..;/`, which some servers take for `/../`), and `%2F` and `%5C` unless
/// `keepsEscapedSlashes`. The query is passed on as it is.
package struct TargetNormaliser: Sendable {
    package enum Outcome: Equatable, Sendable {
        /// Forward the target as it is; its path, which ends at `pathEnd`, is what is matched.
        case canonical(pathEnd: Int)
        /// Forward the target as it is, its path ends at `pathEnd`; what is matched lies in the buffer at `matched`.
        case respelled(pathEnd: Int, matched: Range<Int>)
        /// Forward the first `length` bytes of the buffer, the path being the first `pathEnd`; what is matched lies in
        /// the buffer at `matched`.
        case rewritten(length: Int, pathEnd: Int, matched: Range<Int>)
        case invalid(HTTPViolation)
    }

    /// Whether `//` is read as `/`. Default true.
    package var mergesSlashes = true
    /// Whether `%2F` and `%5C` are passed on, as bytes inside of their segment. Default false: refused, as servers
    /// disagree whether they separate segments. Beside a dot segment (`..%2F`) they are refused all the same.
    package var keepsEscapedSlashes = false

    package init(mergesSlashes: Bool = true, keepsEscapedSlashes: Bool = false) {
        self.mergesSlashes = mergesSlashes
        self.keepsEscapedSlashes = keepsEscapedSlashes
    }

    /// Bytes of buffer that `normalise` needs for a target of `count` bytes: room for both forms.
    package static func room(for count: Int) -> Int { 4 * count + 2 }

    /// Normalises `target`, which is `RequestHead.pathAndQuery`: it begins with `/`, or is `*`, or has an empty path.
    ///
    /// `buffer` must hold `room(for: target.count)` bytes, else a target that needs writing is `.targetTooLong`.
    /// Nothing is written to it when the target is canonical, as nearly all are.
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
                guard RawPath.isPassed(byte) else {
                    return byte < 0x80 ? .invalid(.targetMalformed) : rewrite(target, base, buffer, classes)
                }
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
        return writer.hasOverflowed
            ? .invalid(.targetTooLong) : .rewritten(length: writer.count, pathEnd: 1, matched: 0..<1)
    }

    /// Both forms of a path, segment by segment. What is forwarded is never longer than what came, what is matched
    /// three times as long at most.
    private func rewrite(
        _ target: UnsafeRawBufferPointer, _ base: UnsafePointer<UInt8>, _ buffer: UnsafeMutableRawBufferPointer,
        _ classes: UnsafePointer<UInt8>
    ) -> Outcome {
        let end = target.count
        guard base[0] == Ascii.slash else { return .invalid(.targetMalformed) }
        guard buffer.count >= Self.room(for: end), let memory = buffer.baseAddress else {
            return .invalid(.targetTooLong)
        }
        let bytes = memory.assumingMemoryBound(to: UInt8.self)
        var kept = PathOutput(bytes)
        var matched = PathOutput(bytes + end)
        var position = 0
        while position < end, base[position] != Ascii.question {
            let (keptStart, matchedStart) = (kept.count, matched.count)
            // base[position] is the slash before a segment.
            kept.append(Ascii.slash)
            matched.append(Ascii.slash)
            position += 1
            let segmentStart = position
            if let violation = copySegment(base, &position, end, classes, &matched) { return .invalid(violation) }
            kept.append(base + segmentStart, position - segmentStart)
            let isLast = position == end || base[position] == Ascii.question
            switch PathSegment(bytes + end, matchedStart + 1, matched.count, splitsEscapes: keepsEscapedSlashes) {
            case .ambiguous: return .invalid(.pathParameterOnDots)
            case .ordinary: continue
            case .empty: if !mergesSlashes { continue }
            case .here: break
            case .parent:
                kept.count = keptStart
                matched.count = matchedStart
                kept.removeSegment()
                matched.removeSegment()
                if isLast {
                    kept.append(Ascii.slash)
                    matched.append(Ascii.slash)
                }
                continue
            }
            kept.count = keptStart
            matched.count = matchedStart
            if isLast {
                kept.append(Ascii.slash)
                matched.append(Ascii.slash)
            }
        }
        return outcome(base, end, position, kept, matched)
    }

    private func outcome(
        _ base: UnsafePointer<UInt8>, _ end: Int, _ pathEnd: Int, _ kept: PathOutput, _ matched: PathOutput
    ) -> Outcome {
        let place = end..<(end + matched.count)
        // Segments are only ever taken out: a path of the same length is the one that came.
        guard kept.count == pathEnd else {
            (kept.bytes + kept.count).update(from: base + pathEnd, count: end - pathEnd)
            return .rewritten(length: kept.count + end - pathEnd, pathEnd: kept.count, matched: place)
        }
        if matched.isEqual(base, pathEnd) { return .canonical(pathEnd: pathEnd) }
        return .respelled(pathEnd: pathEnd, matched: place)
    }

    /// Appends the segment at `position` in the form that is matched. `position` is left at its end.
    private func copySegment(
        _ base: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int, _ classes: UnsafePointer<UInt8>,
        _ output: inout PathOutput
    ) -> HTTPViolation? {
        while position < end {
            let byte = base[position]
            if byte == Ascii.slash || byte == Ascii.question { break }
            position += 1
            guard byte == Ascii.percent else {
                if classes[Int(byte)] & ByteClass.path != 0 || RawPath.isPassed(byte) {
                    output.append(byte)
                } else if byte >= 0x80 {
                    output.append(escaped: byte)
                } else {
                    return .targetMalformed
                }
                continue
            }
            guard position + 1 < end, let high = HexDigit.value(base[position]),
                let low = HexDigit.value(base[position + 1])
            else { return .pathEscapeMalformed }
            position += 2
            let decoded = high << 4 | low
            if decoded == 0 { return .pathEscapeRefused }
            if decoded == Ascii.slash || decoded == Ascii.backslash, !keepsEscapedSlashes { return .pathSlashEscaped }
            if decoded >= 0x20, decoded < 0x7F, decoded != Ascii.slash, decoded != Ascii.backslash,
                decoded != Ascii.percent
            {
                output.append(decoded)
            } else {
                output.append(escaped: decoded)
            }
        }
        return nil
    }
}

/// Memory that a form of a path is written to. The code that makes one has checked that the path fits.
private struct PathOutput {
    let bytes: UnsafeMutablePointer<UInt8>
    var count = 0

    init(_ bytes: UnsafeMutablePointer<UInt8>) { self.bytes = bytes }

    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    mutating func append(escaped byte: UInt8) {
        append(Ascii.percent)
        append(HexDigit.upper(byte >> 4))
        append(HexDigit.upper(byte & 15))
    }

    mutating func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
        (bytes + count).update(from: source, count: length)
        count += length
    }

    /// Takes out the last segment with its slash. At the root nothing is taken out (RFC 3986 5.2.4).
    mutating func removeSegment() {
        while count > 0 {
            count -= 1
            if bytes[count] == Ascii.slash { break }
        }
    }

    func isEqual(_ other: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        guard length == count else { return false }
        for index in 0..<count where bytes[index] != other[index] { return false }
        return true
    }
}

/// What a segment, in the form that is matched, means to a path.
private enum PathSegment {
    case ordinary
    case empty
    /// `.`
    case here
    /// `..`
    case parent
    /// Dots that some servers take for one of the two: followed by a parameter, or separated from the rest by an
    /// escaped slash.
    case ambiguous

    /// - Parameter splitsEscapes: Whether `%2F` and `%5C` may stand in it, which the upstream may take for slashes.
    init(_ path: UnsafePointer<UInt8>, _ start: Int, _ end: Int, splitsEscapes: Bool) {
        guard start < end else {
            self = .empty
            return
        }
        self = .ordinary
        var pieceStart = start
        while pieceStart <= end {
            var pieceEnd = end
            if splitsEscapes {
                pieceEnd = pieceStart
                while pieceEnd < end, !Self.isSlash(path, pieceEnd, end) { pieceEnd += 1 }
            }
            let dots = Self.dotCount(path, pieceStart, pieceEnd)
            if dots > 0 {
                let isWhole = pieceStart + dots == pieceEnd
                if isWhole, pieceStart == start, pieceEnd == end {
                    self = dots == 1 ? .here : .parent
                    return
                }
                // A parameter, whose semicolon may have been an escape: some servers decode before they look for
                // parameters.
                if isWhole || path[pieceStart + dots] == Ascii.semicolon {
                    self = .ambiguous
                    return
                }
            }
            pieceStart = pieceEnd + 3
        }
    }

    /// 1 or 2 when the piece begins with that many dots and no more, else 0.
    private static func dotCount(_ path: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var dots = 0
        while start + dots < end, dots < 3, path[start + dots] == Ascii.dot { dots += 1 }
        return dots < 3 ? dots : 0
    }

    /// `%2F` or `%5C`.
    private static func isSlash(_ path: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> Bool {
        isEscape(path, position, end, 0x32, 0x46) || isEscape(path, position, end, 0x35, 0x43)
    }

    private static func isEscape(
        _ path: UnsafePointer<UInt8>, _ position: Int, _ end: Int, _ high: UInt8, _ low: UInt8
    ) -> Bool {
        end - position >= 3 && path[position] == Ascii.percent && path[position + 1] == high
            && path[position + 2] == low
    }
}
