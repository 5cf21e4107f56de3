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

    var isEmpty: Bool { memory.count == 0 }
    var target: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[methodEnd..<targetEnd]) }
    var authority: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[targetEnd..<authorityEnd]) }
    /// What the client's field lines became, and what we say, each with CRLF; without `Host`.
    var lines: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[authorityEnd...]) }

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
    mutating func ended(_ lines: HeadWriter) { memory.wrote(authorityEnd + lines.count) }

    /// Takes over what `other` holds.
    mutating func copy(_ other: KeptRequest) {
        memory.clear()
        memory.append(other.memory.bytes)
        methodEnd = other.methodEnd
        targetEnd = other.targetEnd
        authorityEnd = other.authorityEnd
    }

    /// As a connection sends it; valid as long as this is not changed.
    /// - Parameter moreLines: Field lines of this one sending.
    func outgoing(
        _ method: HTTPMethod, body: BodyLength, asksUpgrade: Bool = false, moreLines: StaticString = ""
    ) -> OutgoingRequest {
        OutgoingRequest(
            bytes: memory.bytes, methodEnd: methodEnd, targetEnd: targetEnd, authorityEnd: authorityEnd,
            moreLines: moreLines, method: method, body: body, asksUpgrade: asksUpgrade)
    }

    mutating func clear() { memory.clear() }
    mutating func release() { memory.release() }
}
