private import Routing

/// The JSON Schema of `data.json`.
package enum DataSchema {
    package static func json() -> String {
        ShapeSchema.json(
            title: "data.json",
            description: "Which tables of the monolith's store are carried to the services' stores.",
            DataShape.document)
    }
}
