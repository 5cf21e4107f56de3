extension UnsafeRawBufferPointer {
    /// Whether `word`, which is in lower case, stands at `index` in any case of letters. What follows it is not looked
    /// at.
    @inlinable public func hasWord(_ word: StaticString, at index: Int = 0) -> Bool {
        let length = word.utf8CodeUnitCount
        guard count - index >= length else { return false }
        for place in 0..<length {
            let byte = self[index + place]
            let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard folded == word.utf8Start[place] else { return false }
        }
        return true
    }

    /// Whether the whole of it is `word`, which is in lower case, in any case of letters.
    @inlinable public func isWord(_ word: StaticString) -> Bool { count == word.utf8CodeUnitCount && hasWord(word) }
}
