/// Makes one place of a JSON body wrong: the first one, in the document's order, that rules do not usually hide.
struct BodyEdit {
    private let wrongness: Wrongness

    init(_ wrongness: Wrongness) {
        self.wrongness = wrongness
    }

    /// `nil` when there is no such place.
    func edited(_ body: Value) -> Value? {
        switch wrongness {
        case .order, .length: editedArray(body)
        case .extra: editedObject(body) { $0 + [Value.Member(name: "strangler_wrong", value: .bool(true))] }
        case .missing: editedMember(body) { _ in [] }
        case .duplicate: editedMember(body) { [$0, $0] }
        default: editedMember(body) { [Value.Member(name: $0.name, value: replaced($0.value))] }
        }
    }

    private func replaced(_ value: Value) -> Value {
        switch (wrongness, value) {
        case (.null, _): .null
        case (.type, .string): .number(DecimalText("7"))
        case (.type, _): .string("7")
        case (_, .string(let text)): .string(text + "!")
        case (_, .number(let number)): .number(DecimalText(number.text == "7" ? "8" : "7"))
        case (_, .bool(let flag)): .bool(!flag)
        default: .string("strangler_wrong")
        }
    }

    /// Ids, times and addresses are what rules tolerate, so an edit of them could pass unseen.
    private static func isPlain(_ value: Value) -> Bool {
        switch value {
        case .string(let text):
            !URLShape.isIdentifier(text) && ComparedTime(rfc3339: text) == nil && !text.hasPrefix("/")
                && !text.contains("://")
        case .number, .bool: true
        case .null, .array, .object: false
        }
    }

    /// Replaces the first member with a plain scalar, outermost objects first.
    private func editedMember(_ value: Value, _ edit: (Value.Member) -> [Value.Member]) -> Value? {
        switch value {
        case .object(let members):
            if let place = members.firstIndex(where: { Self.isPlain($0.value) }) {
                return .object(Array(members[..<place]) + edit(members[place]) + Array(members[(place + 1)...]))
            }
            return firstInside(value) { editedMember($0, edit) }
        case .array: return firstInside(value) { editedMember($0, edit) }
        case .null, .bool, .number, .string: return nil
        }
    }

    private func editedObject(_ value: Value, _ edit: ([Value.Member]) -> [Value.Member]) -> Value? {
        if case .object(let members) = value { return .object(edit(members)) }
        return firstInside(value) { editedObject($0, edit) }
    }

    private func editedArray(_ value: Value) -> Value? {
        if case .array(let elements) = value {
            if wrongness == .length, !elements.isEmpty { return .array(elements.dropLast()) }
            if wrongness == .order, let first = elements.first, elements.contains(where: { $0.text != first.text }) {
                return .array(elements.reversed())
            }
        }
        return firstInside(value) { editedArray($0) }
    }

    /// The value with its first editable part edited.
    private func firstInside(_ value: Value, _ edit: (Value) -> Value?) -> Value? {
        switch value {
        case .array(var elements):
            for (index, element) in elements.enumerated() {
                if let edited = edit(element) {
                    elements[index] = edited
                    return .array(elements)
                }
            }
            return nil
        case .object(var members):
            for (index, member) in members.enumerated() {
                if let edited = edit(member.value) {
                    members[index].value = edited
                    return .object(members)
                }
            }
            return nil
        case .null, .bool, .number, .string: return nil
        }
    }
}
