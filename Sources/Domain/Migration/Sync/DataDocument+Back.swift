extension DataDocument.Group {
    /// The way back: what the service's store holds goes to the monolith's. Catalogues have none.
    /// - Parameter plans: of the tables, in their order.
    package func back(_ plans: [TablePlan]) -> Self {
        var back = self
        (back.source, back.target, back.isBack) = (target, source, true)
        back.tables = zip(plans, tables).filter { !$0.1.isCatalogue }.map(\.0.backTable)
        return back
    }

    package var sourceSide: StoreSide { isBack ? .service : .monolith }
    package var targetSide: StoreSide { isBack ? .monolith : .service }

    /// The store beside which the agent's lock and its signs of life lie: the service's, whichever way rows go.
    package var service: String { isBack ? source : target }

    /// As the agent's reports name the stream. No group's name has a space in it.
    package var stream: String { isBack ? "\(name) back" : name }

    /// All ways that rows of the group go.
    package var streams: [String] { mode == .reads ? [stream] : [stream, back([]).stream] }
}
