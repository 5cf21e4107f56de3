import JSON

extension OutputValue {
    /// The JSON text, on one line or indented; members stand in the order they were built.
    package func json(pretty: Bool = true) -> String {
        var writer = JSONWriter(pretty: pretty)
        write(to: &writer)
        return writer.text
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.int(value)
        case .number(let value): writer.raw(value.isFinite ? Decimal.short(value) : "null")
        case .string(let value): writer.string(value)
        case .array(let values):
            writer.array { writer in
                for value in values { value.write(to: &writer) }
            }
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.name(member.key)
                    member.value.write(to: &writer)
                }
            }
        }
    }
}
