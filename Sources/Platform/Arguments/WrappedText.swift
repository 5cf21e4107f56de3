/// Text in lines of a width: broken at spaces, and a word that is longer than a line where the line ends. Pure.
package enum WrappedText {
    /// At least one line. Spaces at the start stay, as the indentation of every line.
    package static func lines(_ text: String, width: Int) -> [String] {
        guard text.count > width else { return [text] }
        let indentation = String(text.prefix { $0 == " " }.prefix(max(0, width - 1)))
        let room = max(1, width - indentation.count)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = word[...]
            if !line.isEmpty {
                if line.count + 1 + word.count <= room {
                    line += " " + word
                    continue
                }
                lines.append(indentation + line)
                line = ""
            }
            while word.count > room {
                lines.append(indentation + word.prefix(room))
                word = word.dropFirst(room)
            }
            line = String(word)
        }
        if !line.isEmpty { lines.append(indentation + line) }
        return lines
    }

    /// Rows of a name and what it means, in two columns; a meaning that is longer than its column goes on beneath
    /// itself.
    package static func columns(_ rows: [(name: String, meaning: String)], width: Int) -> [String] {
        // A name that would leave too little room stands on a line of its own.
        let widest = rows.map(\.name.count).filter { $0 + 4 <= width / 2 }.max() ?? 0
        let indentation = String(repeating: " ", count: widest + 4)
        return rows.flatMap { name, meaning -> [String] in
            let pieces = lines(meaning, width: max(1, width - indentation.count))
            guard name.count <= widest else { return ["  " + name] + pieces.map { indentation + $0 } }
            let first = "  " + name + String(repeating: " ", count: widest - name.count) + "  " + pieces[0]
            return [first] + pieces.dropFirst().map { indentation + $0 }
        }
    }
}
