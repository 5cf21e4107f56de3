import JSON
import Testing

@testable import AdminAPI

/// The admin API's document says what is declared: every operation, parameter, status, member, type.
struct AdminDocumentTests {
    @Test func `every operation is an endpoint, and every endpoint an operation`() throws {
        let operations = try AdminDocument().operations
        #expect(Set(operations.keys) == Set(AdminEndpoint.allCases.map(\.rawValue)))
        for endpoint in AdminEndpoint.allCases {
            let operation = try #require(operations[endpoint.rawValue])
            #expect(operation.method == endpoint.method && operation.path == endpoint.declaration.path)
        }
    }

    @Test(arguments: AdminEndpoint.allCases)
    func `an endpoint takes the parameters that are described`(_ endpoint: AdminEndpoint) throws {
        let document = try AdminDocument()
        let operation = try #require(document.operations[endpoint.rawValue]).value
        let described = try (operation["parameters"]?.elements.map { $0 } ?? []).map { try document.resolved($0) }
        let names = described.filter { $0["in"]?.string != "path" }.compactMap { $0["name"]?.string }
        #expect(names.sorted() == endpoint.declaration.parameters.map(\.name).sorted())
        for parameter in endpoint.declaration.parameters {
            let one = try #require(described.first { $0["name"]?.string == parameter.name })
            #expect(one["in"]?.string == parameter.place.rawValue, "\(parameter.name)")
            #expect(one["required"]?.bool == parameter.isRequired, "\(parameter.name)")
            let schema = try #require(one["schema"])
            switch parameter.kind {
            case .flag:
                #expect(schema["enum"]?.elements.map { $0.bool ?? ($0.int == 1) } == [true, false, true, false])
            case .words(let words): #expect(schema["enum"]?.elements.compactMap(\.string) == words)
            case .whole(let range):
                #expect(schema["type"]?.string == "integer", "\(parameter.name)")
                #expect(schema["minimum"]?.int == range.lowerBound && schema["maximum"]?.int == range.upperBound)
            case .texts: #expect(schema["type"]?.string == "array", "\(parameter.name)")
            case .text: #expect(schema["enum"] == nil && schema["type"]?.string != "integer", "\(parameter.name)")
            }
        }
        let segments = endpoint.declaration.path.split(separator: "/").filter { $0.hasPrefix("{") }
        let variables = described.filter { $0["in"]?.string == "path" }.compactMap { $0["name"]?.string }
        #expect(segments.map { $0.dropFirst().dropLast() } == variables.map { $0[...] })
        let schema = operation["requestBody"]?["content"]?["application/json"]?["schema"]
        switch endpoint.declaration.body {
        case .value(let type): try Self.compare(type, schema, document, "\(endpoint)")
        case .document: #expect(schema?["$ref"]?.string == "#/components/schemas/Routes")
        case nil: #expect(operation["requestBody"] == nil)
        }
    }

    @Test(arguments: AdminEndpoint.allCases)
    func `an endpoint has the responses that are described`(_ endpoint: AdminEndpoint) throws {
        let document = try AdminDocument()
        let responses = try #require(document.operations[endpoint.rawValue]?.value["responses"])
        #expect(Set(responses.members.map(\.key)) == Set(endpoint.declaration.statuses.map { "\($0)" }))
        for status in endpoint.declaration.statuses {
            let response = try document.resolved(try #require(responses["\(status)"]))
            let content = response["content"]
            // Readiness is told with the same value, whatever it is.
            let isGood = status < 300 || endpoint == .readyz
            switch (isGood ? 200 : status, endpoint.declaration.content) {
            case (304, _): #expect(content == nil)
            case (200, .value(let type)):
                try Self.compare(type, content?["application/json"]?["schema"], document, "\(endpoint)")
            case (200, .document):
                #expect(content?["application/json"]?["schema"]?["$ref"]?.string == "#/components/schemas/Routes")
            case (200, .eventStream): #expect(content?["text/event-stream"] != nil)
            case (200, .text): #expect(content?["text/plain; version=0.0.4"] != nil)
            default:
                try Self.compare(
                    AdminProblem.self, content?["application/problem+json"]?["schema"], document, "\(status)")
            }
        }
    }

    private static func compare(
        _ type: any WireObject.Type, _ schema: JSONValue?, _ document: AdminDocument, _ place: String
    ) throws {
        let described = try document.shape(try #require(schema, "\(place) has no schema"))
        let differences = WireShape.differences(type.shape.inOrder, described.inOrder, at: place)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test func `every schema is that of a declared value`() throws {
        let document = try AdminDocument()
        for endpoint in AdminEndpoint.allCases {
            let operation = try #require(document.operations[endpoint.rawValue]).value
            let bodies = try (operation["responses"]?.members.map { $0 } ?? []).map { try document.resolved($0.value) }
            for body in bodies + [operation["requestBody"]].compactMap({ $0 }) {
                for content in body["content"]?.members.map({ $0 }) ?? [] {
                    guard let schema = content.value["schema"] else { continue }
                    // A whole routes.json has a description of its own.
                    if schema["$ref"]?.string?.hasSuffix("/Routes") == true {
                        _ = try document.resolved(schema)
                    } else {
                        _ = try document.shape(schema)
                    }
                }
            }
        }
        #expect(document.schemas.subtracting(document.seen).isEmpty)
    }

    private static let events: [any AdminEvent.Type] = [
        RevisionEvent.self, ReloadEvent.self, RollbackEvent.self, HealthEvent.self, CircuitEvent.self, FaultsEvent.self,
        DataEvent.self, HoldEvent.self, DrainEvent.self,
    ]

    @Test func `every event is described with its members`() throws {
        let summary = try #require(try AdminDocument().operations["events"]?.value["summary"]?.string)
        for event in Self.events {
            guard case .object(let members) = event.shape else { continue }
            let parts = summary.split(separator: " \(event.name) {", maxSplits: 1)
            let rest = try #require(parts.count == 2 ? parts[1] : nil, "\(event.name)")
            let described = rest.prefix { $0 != ";" }
            for member in members where member.name != "at" {
                #expect(described.contains(member.name), "\(event.name) \(member.name)")
            }
        }
    }

    @Test func `a target is made of the declaration`() {
        let target = AdminEndpoint.shift.declaration.target("a/b c", [(.dryRun, "true"), (.reason, "weil's & so")])
        #expect(target == "/v1/routes/a%2Fb%20c/shift?dry_run=true&reason=weil%27s%20%26%20so")
        #expect(AdminEndpoint.metrics.declaration.target(nil, []) == "/metrics")
        #expect(AdminEndpoint.at(["v1", "routes"]) == [.getRoutes, .putRoutes])
        #expect(AdminEndpoint.at(["v1", "routes", "a/b", "shift"]) == [.shift])
        #expect(AdminEndpoint.at(["v1"]).isEmpty && AdminEndpoint.at(["v1", "routes", "a"]).isEmpty)
    }
}
