/// One of the two stores of a group, as the stores' own tables name them.
package enum StoreSide: String, Sendable, CaseIterable {
    case monolith = "A"
    case service = "B"

    package var other: StoreSide { self == .monolith ? .service : .monolith }
}
