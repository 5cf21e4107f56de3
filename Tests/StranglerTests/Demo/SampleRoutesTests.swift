import ControlKit
import Migration
import Operations
import Strangler
import Testing

@Suite struct SampleRoutesTests {
    @Test func `the repository's routes.json is the demo's, laid out by fmt, and valid`() throws {
        let root = FileSystem.directory(of: #filePath) + "/../../.."
        let bytes = try #require(FileSystem.read(root + "/routes.json"))
        #expect(String(decoding: bytes, as: UTF8.self) == DemoRoutes.document(ports: DemoPorts()))
        #expect(try RoutesLayout.format(bytes, file: "routes.json") == bytes)
        #expect(try RoutesCheck.check(bytes, file: "routes.json") == [])
        #expect(FileSystem.readText(root + "/docs/routes.schema.json") == RoutesCheck.schema)
        #expect(FileSystem.readText(root + "/docs/data.schema.json") == DataSchema.json())
    }
}
