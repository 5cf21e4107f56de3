import Foundation
import Testing

@testable import Routing

/// Each file of `Golden`: a configuration, a line `----`, and everything that is said about it.
///
/// `RECORD_GOLDEN=1 swift test --filter GoldenTests` writes the answers anew: read the difference before keeping it.
@Suite struct GoldenTests {
    static let folder = (#filePath as NSString).deletingLastPathComponent + "/Golden"
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

    @Test(arguments: names)
    func `everything wrong is said with its place`(name: String) throws {
        let path = Self.folder + "/" + name
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let parts = text.components(separatedBy: "----\n")
        try #require(parts.count == 2)
        let answer: String
        switch RoutesDocument.parse(Array(parts[0].utf8), file: "routes.json") {
        case .success(let document): answer = "accepted\n" + document.warnings.map { $0.render() + "\n" }.joined()
        case .failure(let diagnostics): answer = diagnostics.description + "\n"
        }
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try (parts[0] + "----\n" + answer).write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(answer == parts[1])
    }

    @Test func `the folder is not empty`() { #expect(Self.names.count > 20) }
}
