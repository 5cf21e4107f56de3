/// How far a head that has not arrived whole has been read.
///
/// It is kept with the connection (16 bytes), while the parser is shared by all connections of a loop. It only saves
/// work: a fresh one gives the same result. With it no byte is read more than three times, however small the pieces are
/// in which a head arrives.
package struct HeadProgress: Equatable, Sendable {
    enum Stage: UInt8 {
        /// Before a request line: one empty line may stand here. Next: `method`.
        case leading
        /// Next: `target`.
        case method
        /// Next: `version`.
        case target
        /// Next: `lineStart`.
        case version
        /// In a status line, before the code ends. Next: `reason`.
        case statusLine
        /// Next: `lineStart`.
        case reason
        /// At the first byte of a field line or of the empty line that ends the head. Next: `fieldName`.
        case lineStart
        /// Next: `fieldValue`.
        case fieldName
        /// Next: `lineStart`.
        case fieldValue
        /// The end of a response head that needs repair is looked for (`AnswerRepair`). Final.
        case repairing
    }

    /// First byte that has not been looked at.
    var position: UInt32 = 0
    /// First byte of the line that `position` is in.
    var lineStart: UInt32 = 0
    var fieldCount: UInt16 = 0
    var stage: Stage = .leading

    /// Nothing read yet.
    package init() {}

    /// Nothing read yet of field lines without a start line.
    static var fieldLines: HeadProgress {
        var progress = HeadProgress()
        progress.stage = .lineStart
        return progress
    }

    /// Whether no byte of the head has been looked at.
    package var isFresh: Bool { position == 0 && stage == .leading }
}
