package import JSON

/// Counts by name, in order, where the names are not part of the declaration.
package struct WireCounts: WireValue, Equatable {
    package struct Count: Equatable, Sendable {
        package var name: String
        package var count: Int
    }

    package private(set) var counts: [Count]

    package init(_ counts: [(name: String, count: Int)] = []) {
        self.counts = counts.map { Count(name: $0.name, count: $0.count) }
    }

    package var total: Int { counts.reduce(0) { $0 + $1.count } }

    package static func read(_ json: JSONValue) throws(WireError) -> WireCounts {
        guard let members = json.object else { throw WireError("an object", butFound: json) }
        var counts = WireCounts()
        for member in members {
            do throws(WireError) {
                counts.counts.append(Count(name: member.key, count: try Int.read(member.value)))
            } catch {
                throw error.inside(member.key)
            }
        }
        return counts
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in for count in counts { json.member(count.name, count.count) } }
    }

    package static var shape: WireShape { .map(.integer) }
}
