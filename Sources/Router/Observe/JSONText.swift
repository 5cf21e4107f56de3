import JSON

/// Objects whose members stay in order, for reports and events.
enum JSONText {
    indirect enum Value {
        case text(String)
        case integer(Int64)
        case number(Double)
        case bool(Bool)
        case null
        case array([Value])
        case object([(String, Value)])
    }

    static func object(_ members: [(String, Value)]) -> [UInt8] {
        var writer = JSONWriter()
        write(.object(members), to: &writer)
        return writer.bytes
    }

    private static func write(_ value: Value, to writer: inout JSONWriter) {
        switch value {
        case .text(let text): writer.string(text)
        case .integer(let number): writer.int(number)
        case .number(let number):
            if number == number.rounded(), abs(number) < 1e15 {
                writer.int(Int64(number))
            } else {
                writer.double(number)
            }
        case .bool(let bool): writer.bool(bool)
        case .null: writer.null()
        case .array(let elements): writer.array { writer in for element in elements { write(element, to: &writer) } }
        case .object(let members):
            writer.object { writer in
                for (name, value) in members {
                    writer.name(name)
                    write(value, to: &writer)
                }
            }
        }
    }
}

extension JSONText.Value {
    static func optional(_ number: Double?) -> JSONText.Value {
        number.map { .number(($0 * 1000).rounded() / 1000) } ?? .null
    }
    static func optional(_ text: String?) -> JSONText.Value { text.map { .text($0) } ?? .null }
    static func count(_ number: some BinaryInteger) -> JSONText.Value { .integer(Int64(clamping: number)) }
}
