/// An ordered list of fields whose names compare without regard to case. For services and tools; the router's path
/// never makes one.
package struct HTTPFields: Equatable, Sendable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
    package struct Field: Equatable, Sendable {
        /// As given.
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    private var fields: [Field] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    package var startIndex: Int { fields.startIndex }
    package var endIndex: Int { fields.endIndex }
    package subscript(position: Int) -> Field { fields[position] }

    /// The first value of `name`. Setting replaces all of its lines by one, at the end; setting nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// Every value of `name`, in order.
    package func all(_ name: String) -> [String] {
        fields.filter { Self.same($0.name, name) }.map(\.value)
    }

    /// Adds a line and keeps those of the same name.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Whether `name` is a token and `value` has no byte that would end or break the line. Check what comes from
    /// outside before sending it.
    package static func isValid(name: String, value: String) -> Bool {
        let table = ByteClass.table
        return !name.isEmpty && name.utf8.allSatisfy { table[Int($0)] & ByteClass.token != 0 }
            && value.utf8.allSatisfy { $0 == Ascii.tab || ($0 >= Ascii.space && $0 != 0x7F) }
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy { ByteScan.folded($0) == ByteScan.folded($1) }
    }
}

extension HTTPFields {
    /// The fields of a parsed head. Bytes that are no UTF-8 become U+FFFD.
    package init(_ table: FieldTable, in head: UnsafeRawBufferPointer) {
        fields.reserveCapacity(table.count)
        for index in 0..<table.count {
            let entry = table[index]
            fields.append(
                Field(
                    name: String(decoding: entry.name.slice(of: head), as: UTF8.self),
                    value: String(decoding: entry.value.slice(of: head), as: UTF8.self)))
        }
    }

    /// Bytes of all lines as `write` writes them, or more.
    package var lineBytes: Int { fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 } }

    /// Appends every line as `name: value` and CRLF. A field that is not valid (`isValid`) is left out: it would forge
    /// other lines.
    package func write(to writer: inout HeadWriter) {
        for field in fields where Self.isValid(name: field.name, value: field.value) {
            writer.append(text: field.name)
            writer.append(": ")
            writer.append(text: field.value)
            writer.append("\r\n")
        }
    }

    /// As `write`, without the framing fields, which the writer of a message adds itself.
    func writeWithoutFraming(to writer: inout HeadWriter) {
        var fields = self
        for name in ["host", "content-length", "transfer-encoding"] { fields[name] = nil }
        fields.write(to: &writer)
    }
}
