/// Reads request heads in place (RFC 9112 2–6): strict, nothing is repaired, nothing is copied, nothing is allocated.
///
/// One per loop, shared by its connections; `head` and `fields` hold what the last `.complete` parse found, as offsets
/// into the bytes given to it, until the next `parse`.
package final class RequestHeadParser {
    package let limits: HeadLimits
    /// The head that was parsed last; meaningful after `.complete`. It is owned memory that does not move while the
    /// parser lives, so that views can point at it.
    package let found: UnsafeMutablePointer<RequestHead>
    /// Meaningful after `.complete`.
    package var head: RequestHead { found.pointee }
    /// Meaningful after `.complete`.
    package let fields: FieldTable

    /// After `.invalid`: the line of the head that breaks the rule, counted from 1; 0 when it is no single one.
    package private(set) var brokenLine = 0

    private let scanner: FieldScanner
    private let classes: UnsafePointer<UInt8>

    /// - Parameter reservedPrefix: Fields whose name begins with it are `.reserved`, for our own use between hops. In
    ///   lower case, and beginning with an x. Default: none.
    package init(limits: HeadLimits = HeadLimits(), reservedPrefix: StaticString = "") {
        let limits = limits.clamped
        self.limits = limits
        found = .allocate(capacity: 1)
        found.initialize(to: RequestHead())
        fields = FieldTable(capacity: limits.fields)
        classes = ByteClass.table
        scanner = FieldScanner(
            limits: limits, classes: classes, names: FieldNameIndex.shared, reservedPrefix: reservedPrefix)
    }

    deinit { found.deallocate() }

    /// Reads the head at the start of `bytes`, which may go on behind it.
    package func parse(_ bytes: UnsafeRawBufferPointer) -> HeadParseResult {
        var progress = HeadProgress()
        return parse(bytes, resuming: &progress)
    }

    /// Reads the head at the start of `bytes`, knowing from `progress` what an earlier call saw of the same bytes.
    ///
    /// After `.needMoreBytes`, call again with the same bytes and more behind them, and the same `progress`; after
    /// anything else `progress` is fresh again. The outcome never depends on how often and with how much this is
    /// called.
    package func parse(_ bytes: UnsafeRawBufferPointer, resuming progress: inout HeadProgress) -> HeadParseResult {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return .needMoreBytes }
        if !progress.isFresh {
            // Cheap look at the new bytes alone; only a head that is whole is read again, to record its fields.
            let outcome = scan(base, bytes.count, &progress, recording: nil)
            guard case .end = outcome else { return finished(outcome, &progress) }
            progress = HeadProgress()
        }
        var line = StartLine()
        let outcome = withUnsafeMutablePointer(to: &line) {
            scan(base, bytes.count, &progress, recording: $0)
        }
        guard case .end(let end) = outcome else { return finished(outcome, &progress) }
        progress = HeadProgress()
        if let violation = interpret(base, line, end) {
            brokenLine = lineBroken(by: violation)
            return .invalid(violation)
        }
        return .complete(headLength: end)
    }

    private func finished(_ outcome: FieldScanner.Outcome, _ progress: inout HeadProgress) -> HeadParseResult {
        guard case .invalid(let violation) = outcome else { return .needMoreBytes }
        // What the scan of the field lines left; before that it is the start line.
        brokenLine = progress.stage == .lineStart ? Int(progress.fieldCount) + 2 : 1
        progress = HeadProgress()
        return .invalid(violation)
    }

    /// Of a violation in a head that is whole.
    private func lineBroken(by violation: HTTPViolation) -> Int {
        if violation.isOfStartLine { return 1 }
        return violation.field.flatMap { fields.last($0) }.map { $0 + 2 } ?? 0
    }
}

extension RequestHeadParser {
    /// Where the parts of the request line lie.
    fileprivate struct StartLine {
        var methodStart = 0
        var methodEnd = 0
        var targetEnd = 0
        var version = HTTPVersion.http11
    }

    /// Request line, then field lines. Records both when `line` is given, which needs a fresh progress.
    @inline(__always)
    private func scan(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ progress: inout HeadProgress,
        recording line: UnsafeMutablePointer<StartLine>?
    ) -> FieldScanner.Outcome {
        if progress.stage.rawValue < HeadProgress.Stage.lineStart.rawValue {
            if let outcome = scanRequestLine(base, count, &progress, line) { return outcome }
        }
        var summary = FieldTable.Summary()
        let outcome = scanner.scan(base, count, &progress, into: line == nil ? nil : fields.recorder, &summary)
        if line != nil, case .end = outcome { fields.adopt(summary) }
        return outcome
    }

    /// nil when the request line is whole and valid as far as bytes go.
    @inline(__always)
    private func scanRequestLine(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ progress: inout HeadProgress,
        _ line: UnsafeMutablePointer<StartLine>?
    ) -> FieldScanner.Outcome? {
        var position = Int(progress.position)
        var stage = progress.stage
        if stage == .leading {
            guard count > 0 else { return .needMoreBytes }
            // RFC 9112 2.2: one empty line before the request line is tolerated, as some clients end a body with it.
            // Not two.
            if base[0] == Ascii.carriageReturn {
                guard count > 1 else { return .needMoreBytes }
                guard base[1] == Ascii.lineFeed else { return .invalid(.bareCarriageReturn) }
                position = 2
            }
            progress.lineStart = UInt32(truncatingIfNeeded: position)
            stage = .method
        }
        let lineStart = Int(progress.lineStart)
        let limit = min(lineStart &+ limits.requestLine &+ 2, limits.head)
        let stop = min(count, limit)
        scanLine: do {
            if stage == .method {
                position = ByteScan.firstOutside(ByteClass.token, classes, base, from: position, to: stop)
                guard position < stop else { break scanLine }
                guard base[position] == Ascii.space, position > lineStart else {
                    return .invalid(lineEndViolation(base[position], else: .methodMalformed))
                }
                line?.pointee.methodStart = lineStart
                line?.pointee.methodEnd = position
                position &+= 1
                stage = .target
            }
            if stage == .target {
                position = ByteScan.firstOutside(ByteClass.target, classes, base, from: position, to: stop)
                guard position < stop else { break scanLine }
                // A target never contains a space, so a space before this one means that the target is empty.
                guard base[position] == Ascii.space, base[position &- 1] != Ascii.space else {
                    return .invalid(lineEndViolation(base[position], else: .targetMalformed))
                }
                line?.pointee.targetEnd = position
                position &+= 1
                stage = .version
            }
            let available = stop &- position
            if available >= 8 {
                switch UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)) {
                case VersionText.http11: line?.pointee.version = .http11
                case VersionText.http10: line?.pointee.version = .http10
                default: return .invalid(VersionText.violation(base + position, 8))
                }
                if available >= 9, base[position &+ 8] != Ascii.carriageReturn {
                    return .invalid(lineEndViolation(base[position &+ 8], else: .versionMalformed))
                }
                guard available >= 10 else { break scanLine }
                guard base[position &+ 9] == Ascii.lineFeed else { return .invalid(.bareCarriageReturn) }
                progress.position = UInt32(truncatingIfNeeded: position &+ 10)
                progress.lineStart = progress.position
                progress.stage = .lineStart
                return nil
            }
            if !VersionText.mayBegin(base + position, available) {
                return .invalid(VersionText.violation(base + position, available))
            }
        }
        if stop == limit { return .invalid(limit == limits.head ? .headTooLarge : .requestLineTooLong) }
        progress.position = UInt32(truncatingIfNeeded: position)
        progress.stage = stage
        return .needMoreBytes
    }

    private func lineEndViolation(_ byte: UInt8, else violation: HTTPViolation) -> HTTPViolation {
        byte == Ascii.lineFeed ? .bareLineFeed : violation
    }

    /// Interprets the whole, well-formed head in the order target, Host, framing, the rest. The first violation counts.
    @inline(__always)
    private func interpret(_ base: UnsafePointer<UInt8>, _ line: StartLine, _ end: Int) -> HTTPViolation? {
        var head = RequestHead()
        head.length = end
        head.version = line.version
        head.methodRange = ByteRange(line.methodStart, line.methodEnd)
        head.method = HTTPMethod(base + line.methodStart, line.methodEnd &- line.methodStart)
        if head.method == .connect { return .connectRefused }
        if head.method == .trace { return .methodRefused }
        if let violation = RequestTarget.read(
            base, line.methodEnd &+ 1, line.targetEnd, classes: classes, into: &head)
        {
            return violation
        }
        if let violation = readHost(base, &head) { return violation }
        switch FramingFields.read(base, fields, version: line.version) {
        case .success(let framing): head.framing = framing
        case .failure(let violation): return violation
        }
        switch ConnectionOptions.read(base, fields, classes: classes) {
        case .failure(let violation): return violation
        case .success(let options):
            head.keepAlive = options.keepsAlive(line.version)
            if options.contains(.upgrade) { head.isWebSocketUpgrade = isWebSocketUpgrade(base, head) }
        }
        if fields.present.contains(.expect), line.version == .http11 {
            guard let value = fields.value(.expect), !fields.repeated.contains(.expect),
                ByteScan.equalsFolded(base + Int(value.start), value.count, "100-continue")
            else { return .expectationUnknown }
            head.expectsContinue = !head.framing.isEmpty
        }
        found.pointee = head
        return nil
    }

    @inline(__always)
    private func readHost(_ base: UnsafePointer<UInt8>, _ head: inout RequestHead) -> HTTPViolation? {
        guard let host = fields.value(.host) else { return head.version == .http11 ? .hostMissing : nil }
        if fields.repeated.contains(.host) { return .hostRepeated }
        guard HostSyntax.isValid(base, Int(host.start), Int(host.end), classes: classes) else { return .hostMalformed }
        // RFC 9112 3.2.2: with an absolute target, Host must still be valid but says nothing.
        if head.targetForm != .absolute { head.host = host }
        return nil
    }

    private func isWebSocketUpgrade(_ base: UnsafePointer<UInt8>, _ head: RequestHead) -> Bool {
        // Some clients announce that there is no body: `Content-Length: 0` changes nothing.
        guard head.method == .get, head.version == .http11, head.framing.isEmpty,
            let upgrade = fields.value(.upgrade), !fields.repeated.contains(.upgrade),
            ByteScan.equalsFolded(base + Int(upgrade.start), upgrade.count, "websocket")
        else { return false }
        let needed = FieldSet(.secWebSocketKey, .secWebSocketVersion)
        return fields.present.isSuperset(of: needed) && fields.repeated.isDisjoint(with: needed)
    }
}
