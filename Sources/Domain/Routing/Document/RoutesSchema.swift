/// The JSON Schema of `routes.json`.
package enum RoutesSchema {
    package static func json() -> String {
        ShapeSchema.json(
            title: "routes.json",
            description: "Which requests go to the monolith, and which to the services taken out of it.",
            RoutesShape.document)
    }
}
