import Glibc
import HTTP

/// Finds one cookie in the value of a Cookie field (RFC 6265 §4.2.1), without copying.
enum CookieScanner {
    /// Range of the value of the first cookie called `name` (case counts) at or behind `start`, which is moved behind
    /// it; nil when there is none. Surrounding quotes are left out.
    static func next(
        _ name: UnsafeRawBufferPointer, in field: UnsafeRawBufferPointer, from start: inout Int
    ) -> Range<Int>? {
        while start < field.count {
            let end = index(of: UInt8(ascii: ";"), in: field, from: start) ?? field.count
            var first = start
            start = end + 1
            while first < end, field[first] == 0x20 || field[first] == 0x09 { first += 1 }
            if end - first > name.count, field[first + name.count] == UInt8(ascii: "="),
                matches(field, at: first, name)
            {
                var low = first + name.count + 1
                var high = end
                while high > low, field[high - 1] == 0x20 || field[high - 1] == 0x09 { high -= 1 }
                if high - low >= 2, field[low] == UInt8(ascii: "\""), field[high - 1] == UInt8(ascii: "\"") {
                    low += 1
                    high -= 1
                }
                return low..<high
            }
        }
        return nil
    }

    /// Values of all cookies called `name`, in all Cookie lines of a head.
    static func forEach(
        _ name: UnsafeRawBufferPointer, in fields: FieldTable, of bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        guard fields.first(.cookie) != nil else { return }
        fields.forEach(.cookie) { entry in
            let line = entry.value.slice(of: bytes)
            var position = 0
            while let range = next(name, in: line, from: &position) {
                body(UnsafeRawBufferPointer(rebasing: line[range]))
            }
        }
    }
}

private func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress,
        let found = memchr(base + start, Int32(byte), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
}

private func matches(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ name: UnsafeRawBufferPointer) -> Bool {
    guard let left = bytes.baseAddress, let right = name.baseAddress, offset + name.count <= bytes.count else {
        return name.isEmpty
    }
    return memcmp(left + offset, right, name.count) == 0
}
