import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// llhttp's own test messages with the verdict of its strict mode, where the file lies beside the package.
@Suite struct LlhttpVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let id: String
        let name: String
        let isRequest: Bool
        let raw: String
        let accepts: Bool
        let messages: Int

        var testDescription: String { "\(id): \(name)" }
    }

    /// `shared/vectors/llhttp.json` beside one of the folders that the package lies in.
    static let file: String? = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<6 {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "shared/vectors/llhttp.json").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
        }
        return nil
    }()

    static let vectors: [Vector] = {
        guard let file, let data = FileManager.default.contents(atPath: file),
            let document = try? JSONDocument([UInt8](data))
        else { return [] }
        return document.root.elements.map { item in
            Vector(
                id: item["id"]?.string ?? "", name: item["name"]?.string ?? "",
                isRequest: item["type"]?.string == "request", raw: item["raw"]?.string ?? "",
                accepts: item["verdict"]?.string == "accept", messages: item["messages"]?.int ?? 0)
        }
    }()

    @Test(.enabled(if: file != nil, "shared/vectors/llhttp.json is not beside this package"), arguments: vectors)
    func `the verdict is that of llhttp, or the difference is listed with its reason`(_ vector: Vector) {
        var raw = vector.raw
        if vector.isRequest, !raw.lowercased().contains("\nhost:") {
            // Most vectors have no Host; give them one, or nothing else would be tested.
            raw = raw.replacing(" HTTP/1.1\r\n", with: " HTTP/1.1\r\nHost: a\r\n")
        }
        let bytes = latin1(raw)
        let read = vector.isRequest ? WholeMessages(requests: bytes) : WholeMessages(responses: bytes)
        if case .invalid(let violation) = read.end {
            #expect(!vector.accepts || llhttpStricter[vector.id]?.violation == violation, "stricter without a reason")
            return
        }
        #expect(vector.accepts || llhttpOther[vector.id] != nil, "laxer without a reason: \(read.end)")
        #expect(llhttpStricter[vector.id] == nil, "listed as stricter, but is not")
        let whole = read.end == .closeDelimited ? read.messages.count - 1 : read.messages.count
        #expect(!vector.accepts || whole == vector.messages)
    }
}
