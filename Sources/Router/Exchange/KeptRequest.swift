import HTTP

/// The head of a request as its upstream is to get it, kept for a second sending: one copy of its parts, in no
/// version's form. How an upstream is told is its connection's matter, so that the next attempt may go to one that
/// speaks another version.
struct KeptRequest {
    /// Method, target, authority and field lines, one behind the other.
    private var memory = KeptBytes()
    private var methodEnd = 0
    private var targetEnd = 0
    private var authorityEnd = 0
    /// Behind the lines that every sending has.
    private var linesEnd = 0

    var isEmpty: Bool { memory.count == 0 }
    var target: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[methodEnd..<targetEnd]) }
    var authority: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[targetEnd..<authorityEnd]) }
    /// What the client's field lines became, and what we say, each with CRLF; without `Host`.
    var lines: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[authorityEnd..<linesEnd]) }

    /// Begins anew: append the field lines, at most so many bytes of them, to what is returned, then call `ended`.
    mutating func begin(
        method: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer, authority: UnsafeRawBufferPointer,
        linesRoom: Int
    ) -> HeadWriter {
        methodEnd = method.count
        targetEnd = methodEnd + target.count
        authorityEnd = targetEnd + authority.count
        let room = memory.room(for: authorityEnd + linesRoom)
        guard let base = room.baseAddress else { return HeadWriter(room) }
        if let bytes = method.baseAddress { base.copyMemory(from: bytes, byteCount: method.count) }
        if let bytes = target.baseAddress { (base + methodEnd).copyMemory(from: bytes, byteCount: target.count) }
        if let bytes = authority.baseAddress { (base + targetEnd).copyMemory(from: bytes, byteCount: authority.count) }
        return HeadWriter(
            UnsafeMutableRawBufferPointer(start: base + authorityEnd, count: room.count - authorityEnd))
    }

    /// The field lines have been written.
    mutating func ended(_ lines: HeadWriter) {
        linesEnd = authorityEnd + lines.count
        memory.wrote(linesEnd)
    }

    /// Adds the number of the table by which it is sent, in place of an earlier one. Copies do not carry it.
    /// - Parameter epoch: nil: the table has none.
    mutating func stamp(epoch: UInt64?) {
        memory.wrote(linesEnd)
        guard let epoch else { return }
        withUnsafeTemporaryAllocation(byteCount: 48, alignment: 1) { room in
            var line = HeadWriter(room)
            line.append("x-strangler-epoch: ")
            line.append(decimal: epoch)
            line.append("\r\n")
            memory.append(line.written)
        }
    }

    /// Takes over what `other` holds.
    mutating func copy(_ other: KeptRequest) {
        memory.clear()
        memory.append(other.unstamped)
        methodEnd = other.methodEnd
        targetEnd = other.targetEnd
        authorityEnd = other.authorityEnd
        linesEnd = other.linesEnd
    }

    private var unstamped: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[..<linesEnd]) }

    /// As a connection sends it; valid as long as this is not changed.
    func outgoing(_ method: HTTPMethod, body: BodyLength, asksUpgrade: Bool = false) -> OutgoingRequest {
        OutgoingRequest(
            bytes: memory.bytes, methodEnd: methodEnd, targetEnd: targetEnd, authorityEnd: authorityEnd,
            method: method, body: body, asksUpgrade: asksUpgrade)
    }

    /// As a copy is sent: without the epoch, by which a store would take it for the user's own.
    /// - Parameter moreLines: field lines of the copy.
    func copied(_ method: HTTPMethod, body: BodyLength, moreLines: StaticString) -> OutgoingRequest {
        OutgoingRequest(
            bytes: unstamped, methodEnd: methodEnd, targetEnd: targetEnd, authorityEnd: authorityEnd,
            moreLines: moreLines, method: method, body: body)
    }

    mutating func clear() { memory.clear() }
    mutating func release() { memory.release() }
}
