import CSQLite

/// A scalar SQL function in Swift. It must not touch the database; it is marked deterministic and innocuous, so it may
/// be used in triggers and indexes.
package struct DatabaseFunction: Sendable {
    package let name: String
    /// Number of arguments, or -1 for any.
    package let arity: Int32
    package let body: @Sendable ([SQLValue]) -> SQLValue

    package init(_ name: String, arity: Int, body: @escaping @Sendable ([SQLValue]) -> SQLValue) {
        self.name = name
        self.arity = Int32(arity)
        self.body = body
    }

    /// Keeps the closure alive for as long as SQLite knows the function.
    private final class Box {
        let body: @Sendable ([SQLValue]) -> SQLValue
        init(_ body: @escaping @Sendable ([SQLValue]) -> SQLValue) { self.body = body }
    }

    func register(on handle: OpaquePointer) -> Int32 {
        let box = Unmanaged.passRetained(Box(body)).toOpaque()
        return sqlite3_create_function_v2(
            handle, name, arity, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, box,
            { context, count, values in
                guard let context, let box = sqlite3_user_data(context) else { return }
                let body = Unmanaged<Box>.fromOpaque(box).takeUnretainedValue().body
                var arguments: [SQLValue] = []
                arguments.reserveCapacity(Int(count))
                for place in 0..<Int(count) { arguments.append(DatabaseFunction.value(values?[place])) }
                DatabaseFunction.answer(context, body(arguments))
            }, nil, nil, { box in box.map { Unmanaged<Box>.fromOpaque($0).release() } })
    }

    private static func value(_ value: OpaquePointer?) -> SQLValue {
        guard let value else { return .null }
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: return .int(sqlite3_value_int64(value))
        case SQLITE_FLOAT: return .double(sqlite3_value_double(value))
        case SQLITE_TEXT:
            guard let start = sqlite3_value_text(value) else { return .text("") }
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
            return String(validating: bytes, as: UTF8.self).map(SQLValue.text) ?? .invalidText(Array(bytes))
        case SQLITE_BLOB:
            guard let start = sqlite3_value_blob(value) else { return .blob([]) }
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))))
        default: return .null
        }
    }

    private static func answer(_ context: OpaquePointer, _ value: SQLValue) {
        switch value {
        case .null: sqlite3_result_null(context)
        case .int(let int): sqlite3_result_int64(context, int)
        case .double(let double): sqlite3_result_double(context, double)
        case .text(var text):
            text.withUTF8 { sqlite_shim_result_text(context, $0.baseAddress, UInt64($0.count)) }
        case .invalidText(let bytes):
            bytes.withUnsafeBytes { sqlite_shim_result_text(context, $0.baseAddress, UInt64($0.count)) }
        case .blob(let bytes):
            bytes.withUnsafeBytes { sqlite_shim_result_blob(context, $0.baseAddress, UInt64($0.count)) }
        }
    }
}
