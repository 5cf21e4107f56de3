public import HTTP

/// A request head as it lies in memory; valid during the call that hands it out.
///
/// No version's wire form: offsets into `bytes`, and field lines among them. HTTP/1.1 hands over its own bytes; a
/// decoder of another version lays out what it decoded in the same way (`FieldLineParser` makes the table).
public struct RequestHeadView {
    /// Holds method, target, host and field lines, wherever `head` and `fields` say.
    public let bytes: UnsafeRawBufferPointer
    /// Belongs, like `fields`, to the parser of the listener, which outlives every call it makes.
    public let found: UnsafePointer<RequestHead>
    package let fields: FieldTable

    package init(bytes: UnsafeRawBufferPointer, head: UnsafePointer<RequestHead>, fields: FieldTable) {
        self.bytes = bytes
        found = head
        self.fields = fields
    }

    /// What `parser` found last.
    package init(bytes: UnsafeRawBufferPointer, parser: RequestHeadParser) {
        self.init(bytes: bytes, head: UnsafePointer(parser.found), fields: parser.fields)
    }

    @inlinable @inline(__always) public var head: RequestHead { found.pointee }

    /// The bytes of a part of the head.
    @inlinable @inline(__always) public subscript(range: ByteRange) -> UnsafeRawBufferPointer { range.slice(of: bytes) }
}

/// A response head as it lies in memory; valid during the call that hands it out. Like `RequestHeadView`, no version's
/// wire form.
public struct ResponseHeadView {
    /// Holds the field lines, and a reason phrase where there is one.
    public let bytes: UnsafeRawBufferPointer
    /// Belongs, like `fields`, to the parser of the pool, which outlives every call.
    public let found: UnsafePointer<ResponseHead>
    package let fields: FieldTable

    package init(bytes: UnsafeRawBufferPointer, head: UnsafePointer<ResponseHead>, fields: FieldTable) {
        self.bytes = bytes
        found = head
        self.fields = fields
    }

    /// What `parser` found last.
    package init(bytes: UnsafeRawBufferPointer, parser: ResponseHeadParser) {
        self.init(bytes: bytes, head: UnsafePointer(parser.found), fields: parser.fields)
    }

    @inlinable @inline(__always) public var head: ResponseHead { found.pointee }
    @inlinable @inline(__always) public subscript(range: ByteRange) -> UnsafeRawBufferPointer { range.slice(of: bytes) }
}
