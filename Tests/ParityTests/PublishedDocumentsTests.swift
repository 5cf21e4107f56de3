import Foundation
import JSON
import Parity
import Testing

/// What the project publishes about scenarios and rules agrees with what it reads.
@Suite struct PublishedDocumentsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.root.appending(path: path)))
    }

    private func words(_ pointer: String, in path: String) throws -> Set<String> {
        let found = try #require(try JSONDocument(bytes(path)).value(at: pointer))
        return Set(found.elements.compactMap(\.string))
    }

    @Test(arguments: ["", "/$defs/rules"]) func `the schemas name every check there is`(_ place: String) throws {
        let file = place.isEmpty ? "docs/parity-rules.schema.json" : "docs/parity-scenarios.schema.json"
        #expect(try words(place + "/properties/body/items/properties/check/enum", in: file) == Set(Check.names))
        #expect(
            try words(place + "/properties/headers/additionalProperties/enum", in: file)
                == Set(HeaderCheck.allCases.map(\.rawValue)))
    }

    @Test func `the schema names every mode and side there is`() throws {
        let scenario = "/properties/scenarios/items/properties"
        let file = "docs/parity-scenarios.schema.json"
        #expect(try words(scenario + "/modes/items/enum", in: file) == Set(RunMode.allCases.map(\.rawValue)))
        #expect(
            try words(scenario + "/steps/items/properties/on/enum", in: file)
                == Set(ComparedSide.allCases.map(\.rawValue) + ["both"]))
    }

    @Test func `the handbook names every check and every wrongness`() throws {
        let text = String(decoding: try bytes("docs/parity.md"), as: UTF8.self).replacing("\n", with: " ")
        for name in Check.names + HeaderCheck.allCases.map(\.rawValue) {
            #expect(text.contains("`\(name)`"), "\(name)")
        }
        for wrongness in Wrongness.allCases {
            #expect(text.contains(wrongness.rawValue.replacing("-", with: " ")), "\(wrongness)")
        }
    }

    @Test(arguments: ["auth", "profile", "filter"]) func `the project's own scenarios can be run in both modes`(
        _ context: String
    ) throws {
        let file = try ScenarioFile(document: bytes("parity/\(context).json"), file: "\(context).json")
        #expect(file.context == context)
        for mode in RunMode.allCases {
            let steps = file.scenarios.filter { $0.modes.contains(mode) }.flatMap(\.steps)
            #expect(steps.contains { $0.isCompared })
            // Against an estate in use, nothing may be changed on the service's side.
            if mode == .live {
                #expect(
                    steps.allSatisfy { !$0.sides.contains(.service) || ["GET", "HEAD"].contains($0.request.method) })
            }
        }
    }
}
