/// Reads response heads in place (RFC 9112 4–6): a violation is the upstream's fault and makes the exchange a 502.
///
/// Heads are read as strictly as those of requests, except for what RFC 9112 tells a proxy to repair and what
/// `tolerance` accepts: such a head is written anew in its strict form and read from there (`source`).
///
/// One per loop, shared by its connections; `head` and `fields` hold what the last `.complete` parse found, as offsets
/// into the bytes given to it, until the next `parse`.
package final class ResponseHeadParser {
    package let limits: HeadLimits
    package let tolerance: Tolerance
    /// The head that was parsed last; meaningful after `.complete`. It is owned memory that does not move while the
    /// parser lives, so that views can point at it.
    package let found: UnsafeMutablePointer<ResponseHead>
    /// Meaningful after `.complete`.
    package var head: ResponseHead { found.pointee }
    /// Meaningful after `.complete`.
    package let fields: FieldTable

    /// After `.invalid`: the line of the head that breaks the rule, counted from 1; 0 when it is no single one.
    package private(set) var brokenLine = 0

    /// Holds a head that was repaired; made when the first one is.
    private lazy var repair = ResponseRepair(limits: limits, tolerance: tolerance)
    /// The last head that was read whole is in `repair`.
    private var isRepaired = false
    private let scanner: FieldScanner
    private let classes: UnsafePointer<UInt8>

    /// - Parameters:
    ///   - reservedPrefix: Fields whose name begins with it are `.reserved`. In lower case, and beginning with an x.
    ///     Default: none.
    ///   - tolerance: Default strict.
    package init(
        limits: HeadLimits = .response, reservedPrefix: StaticString = "", tolerance: Tolerance = .strict
    ) {
        let limits = limits.clamped
        self.limits = limits
        self.tolerance = tolerance
        found = .allocate(capacity: 1)
        found.initialize(to: ResponseHead())
        fields = FieldTable(capacity: limits.fields)
        classes = ByteClass.table
        scanner = FieldScanner(
            limits: limits, classes: classes, names: FieldNameIndex.shared, reservedPrefix: reservedPrefix)
    }

    deinit { found.deallocate() }

    /// Reads the head at the start of `bytes`, which may go on behind it. `method` is that of the request it answers.
    package func parse(_ bytes: UnsafeRawBufferPointer, answering method: HTTPMethod) -> HeadParseResult {
        var progress = HeadProgress()
        return parse(bytes, answering: method, resuming: &progress)
    }

    /// As `RequestHeadParser.parse(_:resuming:)`.
    package func parse(
        _ bytes: UnsafeRawBufferPointer, answering method: HTTPMethod, resuming progress: inout HeadProgress
    ) -> HeadParseResult {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return .needMoreBytes }
        if !progress.isFresh {
            if progress.stage == .repairing { return repaired(base, bytes.count, method, &progress) }
            let outcome = scan(base, bytes.count, &progress, recording: false)
            guard case .end = outcome else { return finished(outcome, base, bytes.count, method, &progress) }
            progress = HeadProgress()
        }
        let outcome = scan(base, bytes.count, &progress, recording: true)
        guard case .end(let end) = outcome else {
            return finished(outcome, base, bytes.count, method, &progress)
        }
        progress = HeadProgress()
        isRepaired = false
        if let violation = interpret(base, end, method) {
            brokenLine = lineBroken(by: violation)
            return .invalid(violation)
        }
        return .complete(headLength: end)
    }

    /// The bytes that `found` and `fields` point into: those that were read, or the head as it was written anew.
    package func source(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        isRepaired ? repair.written : bytes
    }

    private func finished(
        _ outcome: FieldScanner.Outcome, _ base: UnsafePointer<UInt8>, _ count: Int, _ method: HTTPMethod,
        _ progress: inout HeadProgress
    ) -> HeadParseResult {
        guard case .invalid(var violation) = outcome else { return .needMoreBytes }
        // The status line ended in CRLF; otherwise no field would have been read.
        if violation == .bareLineFeed, progress.stage == .lineStart { violation = .lineEndsMixed }
        if ResponseRepair.mayHelp(violation, tolerance) {
            progress = HeadProgress()
            progress.stage = .repairing
            return repaired(base, count, method, &progress)
        }
        return broken(violation, &progress)
    }

    /// Reads a head that has something to repair, once it is whole.
    private func repaired(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ method: HTTPMethod, _ progress: inout HeadProgress
    ) -> HeadParseResult {
        switch repair.write(base, count, &progress) {
        case .needMoreBytes: return .needMoreBytes
        case .invalid(let violation): return broken(violation, &progress)
        case .end(let length):
            guard let base = repair.written.bindMemory(to: UInt8.self).baseAddress else { return .needMoreBytes }
            progress = HeadProgress()
            let outcome = scan(base, repair.written.count, &progress, recording: true)
            switch outcome {
            case .invalid(let violation): return broken(violation, &progress)
            // Its end was found: the strict form ends there too, or something in it was read in another way.
            case .needMoreBytes: return broken(.statusLineMalformed, &progress)
            case .end(let end):
                guard end == repair.written.count else { return broken(.lineEndsMixed, &progress) }
                progress = HeadProgress()
                if let violation = interpret(base, end, method) {
                    brokenLine = lineBroken(by: violation)
                    return .invalid(violation)
                }
                isRepaired = true
                found.pointee.length = length
                return .complete(headLength: length)
            }
        }
    }

    private func broken(_ violation: HTTPViolation, _ progress: inout HeadProgress) -> HeadParseResult {
        // What the scan of the field lines left; before that it is the start line.
        brokenLine = progress.stage == .lineStart ? Int(progress.fieldCount) + 2 : 1
        progress = HeadProgress()
        return .invalid(violation)
    }

    /// Of a violation in a head that is whole: of a field, as the status line was judged before.
    private func lineBroken(by violation: HTTPViolation) -> Int {
        return violation.field.flatMap { fields.last($0) }.map { $0 + 2 } ?? 0
    }
}

extension ResponseHeadParser {
    /// "HTTP/1.1 200"
    private static let prefixLength = 12

    @inline(__always)
    private func scan(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ progress: inout HeadProgress, recording: Bool
    ) -> FieldScanner.Outcome {
        if progress.stage.rawValue < HeadProgress.Stage.lineStart.rawValue {
            if let outcome = scanStatusLine(base, count, &progress) { return outcome }
        }
        var summary = FieldTable.Summary()
        let outcome = scanner.scan(base, count, &progress, into: recording ? fields.recorder : nil, &summary)
        if recording, case .end = outcome { fields.adopt(summary) }
        return outcome
    }

    /// nil when the status line is whole and valid. `progress` then stands behind it, which is where `interpret` finds
    /// the reason's end.
    @inline(__always)
    private func scanStatusLine(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ progress: inout HeadProgress
    ) -> FieldScanner.Outcome? {
        let limit = min(limits.requestLine &+ 2, limits.head)
        let stop = min(count, limit)
        var position = Int(progress.position)
        scanLine: do {
            if progress.stage != .reason {
                if let violation = prefixViolation(base, min(stop, Self.prefixLength)) { return .invalid(violation) }
                position = 0
                guard stop > Self.prefixLength else { break scanLine }
                // RFC 9112 4 wants a space even before an empty reason; servers that leave it out are common and harm
                // nobody.
                position = Self.prefixLength
                guard base[position] == Ascii.space || base[position] == Ascii.carriageReturn else {
                    return .invalid(base[position] == Ascii.lineFeed ? .bareLineFeed : .statusLineMalformed)
                }
                progress.stage = .reason
            }
            while true {
                position = ByteScan.firstControl(base, from: position, to: stop)
                guard position < stop else { break scanLine }
                let byte = base[position]
                if byte == Ascii.tab {
                    position &+= 1
                    continue
                }
                guard byte == Ascii.carriageReturn else {
                    return .invalid(byte == Ascii.lineFeed ? .bareLineFeed : .statusLineMalformed)
                }
                guard position &+ 1 < stop else { break scanLine }
                guard base[position &+ 1] == Ascii.lineFeed else { return .invalid(.bareCarriageReturn) }
                progress.position = UInt32(truncatingIfNeeded: position &+ 2)
                progress.lineStart = progress.position
                progress.stage = .lineStart
                return nil
            }
        }
        if stop == limit { return .invalid(.headTooLarge) }
        progress.position = UInt32(truncatingIfNeeded: position)
        if progress.stage == .leading { progress.stage = .statusLine }
        return .needMoreBytes
    }

    /// nil when the `count` (at most 12) bytes may begin a status line.
    @inline(__always)
    private func prefixViolation(_ base: UnsafePointer<UInt8>, _ count: Int) -> HTTPViolation? {
        guard VersionText.mayBegin(base, min(count, 8)) else { return VersionText.violation(base, min(count, 8)) }
        guard count > 8 else { return nil }
        guard base[8] == Ascii.space else { return .statusLineMalformed }
        for index in 9..<max(count, 9) {
            let byte = base[index]
            guard byte >= Ascii.zero, byte <= Ascii.nine else { return .statusLineMalformed }
            guard index == 9 else { continue }
            if byte == Ascii.zero { return .statusOutOfRange }
            if byte > 0x35, tolerance == .strict { return .statusAbove599 }
        }
        return nil
    }

    @inline(__always)
    private func interpret(_ base: UnsafePointer<UInt8>, _ end: Int, _ method: HTTPMethod) -> HTTPViolation? {
        var head = ResponseHead()
        head.length = end
        head.version = base[7] == 0x31 ? .http11 : .http10
        let digits = (base[9], base[10], base[11])
        head.status = HTTPStatus(
            UInt16(digits.0 &- 0x30) &* 100 &+ UInt16(digits.1 &- 0x30) &* 10 &+ UInt16(digits.2 &- 0x30))
        // The field section begins behind the status line's CRLF.
        let reasonEnd = Int(fields.lines.start) &- 2
        head.reason = ByteRange(min(Self.prefixLength + 1, reasonEnd), reasonEnd)
        let framing: BodyFraming
        switch FramingFields.read(base, fields, version: head.version, tolerance: tolerance) {
        case .success(let read): framing = read
        case .failure(let violation): return violation
        }
        switch ConnectionOptions.read(base, fields, classes: classes) {
        case .failure(let violation): return violation
        case .success(let options):
            head.keepAlive = options.keepsAlive(head.version)
            // The version of HTTP has no transfer codings, so it is unknown what such a server thinks of the
            // connection.
            if head.version == .http10, framing == .chunked { head.keepAlive = false }
            if head.status == .switchingProtocols, options.contains(.upgrade), let upgrade = fields.value(.upgrade) {
                head.isWebSocketUpgrade = ByteScan.equalsFolded(base + Int(upgrade.start), upgrade.count, "websocket")
            }
        }
        if let violation = frame(&head, framing, method) { return violation }
        found.pointee = head
        return nil
    }

    /// RFC 9112 6.3, in its order.
    @inline(__always)
    private func frame(_ head: inout ResponseHead, _ framing: BodyFraming, _ method: HTTPMethod) -> HTTPViolation? {
        if head.status.isInformational || head.status == .noContent {
            // There is no body, whatever the fields say (RFC 9112 6.3). Bytes behind a 204 are thrown away with the
            // connection. An interim response is followed by another one, and which bytes begin that would be a guess.
            switch framing {
            case .chunked:
                guard head.status == .noContent else { return .transferEncodingForbidden }
                head.keepAlive = false
            case .length(let length) where length > 0:
                guard head.status == .noContent else { return .lengthForbidden }
                head.keepAlive = false
            case .length, .none, .untilClose: break
            }
            head.framing = .none
            return nil
        }
        if method == .head || head.status == .notModified {
            if case .length(let length) = framing { head.declaredLength = length }
            head.framing = .none
            return nil
        }
        if case .none = framing {
            head.framing = .untilClose
            head.keepAlive = false
        } else {
            head.framing = framing
        }
        return nil
    }
}
