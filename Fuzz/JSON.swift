import JSON

/// A JSON text: what parses can be written anew, compactly and laid out, and means the same; asking for anything never
/// traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let document = try? JSONDocument(bytes) else {
        // With duplicates reported instead of refused, the rest of the grammar is the same.
        let limits = JSONLimits(duplicateKeys: .report)
        if let document = try? JSONDocument(bytes, limits: limits) {
            require(!document.duplicates.isEmpty, "refused without duplicates, accepted with them reported")
        }
        return 0
    }
    visit(document.root)
    let compact = written(document, pretty: false)
    let laidOut = written(document, pretty: true)
    guard let first = try? JSONDocument(compact), let second = try? JSONDocument(laidOut) else {
        fatalError("what was written does not parse")
    }
    require(written(first, pretty: false) == compact, "written anew it differs")
    require(written(second, pretty: false) == compact, "laid out it differs")
    return 0
}

private func written(_ document: JSONDocument, pretty: Bool) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.value(document.root)
    return writer.bytes
}

/// Every value lies inside the text, and answers every question.
private func visit(_ value: JSONValue) {
    let range = value.byteRange
    require(
        range.lowerBound >= 0 && range.upperBound <= value.document.text.count && !range.isEmpty, "range of a value")
    require(value.position.line >= 1 && value.position.column >= 1, "position of a value")
    _ = (value.bool, value.string, value.int, value.double, value.numberText)
    for element in value.elements { visit(element) }
    for member in value.members { visit(member.value) }
}
