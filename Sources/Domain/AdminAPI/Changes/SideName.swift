/// The two sides of a route, as the wire calls them.
package enum SideName {
    package static let all = ["legacy", "service"]
}
