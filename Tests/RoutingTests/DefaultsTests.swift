import Foundation
import Testing

@testable import Routing

/// A default of `routes.json` is written in `RoutesShape`, and whoever tells it tells the same.
@Suite struct DefaultsTests {
    private static let tables: [(prefix: String, shape: ObjectShape)] = [
        ("limits.", RoutesShape.limits), ("timeouts.", RoutesShape.timeouts), ("upstream ", RoutesShape.upstream),
        ("route timeouts.", RoutesShape.routeTimeouts), ("health ", RoutesShape.health),
    ]

    private static func operations() throws -> [Substring] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/operations.md")
        return String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
    }

    /// Each key with a default that a table of `docs/operations.md` names, and what the table says that it is.
    private static func told() throws -> [(key: String, shape: ObjectShape, field: String, text: String)] {
        var found: [(key: String, shape: ObjectShape, field: String, text: String)] = []
        var context: String?
        for line in try operations() {
            guard line.hasPrefix("|") else {
                context = nil
                continue
            }
            let cells = line.split(separator: " | ").map { $0.filter { $0 != "|" && $0 != "`" } }
            if cells.count > 1, cells[1] == "default" {
                context = cells[0].contains("health") ? "health " : ""
                continue
            }
            guard let context, cells.count > 1, !cells[0].hasPrefix("---") else { continue }
            let name = context + cells[0].drop { $0 == " " }
            guard let table = tables.first(where: { name.hasPrefix($0.prefix) }) else { continue }
            let keys = name.dropFirst(table.prefix.count).components(separatedBy: " / ")
            let texts = cells[1].components(separatedBy: " / ")
            for (place, key) in keys.enumerated() {
                let key = key.trimmingCharacters(in: .whitespaces)
                found.append((table.prefix + key, table.shape, key, place < texts.count ? texts[place] : ""))
            }
        }
        return found
    }

    @Test func `the tables of the documents say the defaults of the shape`() throws {
        let told = try Self.told()
        var withDefault = 0
        for row in told {
            let field = try #require(row.shape.field(row.field), "\(row.key) is no key")
            guard let standard = field.standard else { continue }
            withDefault += 1
            // `8 KiB (at most …)` and `10,000` are 8KiB and 10000.
            let text = row.text.filter { $0 != " " && $0 != "," }
            let rest = text.dropFirst(standard.count).first
            #expect(
                text.hasPrefix(standard) && rest?.isNumber != true && rest != ".",
                "\(row.key): the document says \(row.text), the shape \(standard)")
        }
        #expect(withDefault >= 26)
    }

    @Test func `every limit and every time-out is in the documents`() throws {
        let told = Set(try Self.told().map(\.key))
        for table in Self.tables.filter({ $0.prefix.contains("limits") || $0.prefix.contains("timeouts") }) {
            for field in table.shape.fields { #expect(told.contains(table.prefix + field.key), "\(field.key)") }
        }
    }

    @Test func `code without a document takes the shape's`() {
        #expect(BreakerPolicy.standard == BreakerPolicy(failures: 5, open: .seconds(1)))
        #expect(RetryPolicy.standard.attempts == 2)
        #expect(RetryPolicy.standard.reasons == [.connectFailure, .resetBeforeResponse])
        #expect(MirrorPolicy.standardMethods == ["GET", "HEAD"])
        #expect(LongLivedPolicy.standard == LongLivedPolicy(action: .pin))
        #expect(HealthPolicy.standard.expect == StatusRanges([200...399]))
    }
}
