extension RoutesDocument {
    /// The percentage that the routes of a context share; nil when they have several. Without a service there is none,
    /// and so nobody is away.
    package func share(ofContext index: Int) -> Percent? {
        let shares = routes.filter { $0.context == index && $0.service != nil }.map(\.percent)
        guard let first = shares.first else { return .zero }
        return shares.allSatisfy { $0 == first } ? first : nil
    }

    /// Why this document must not follow an earlier one: users of an owned context would change sides, and their rows
    /// would stay. nil: nobody does, or a move has brought their rows along, which raises the context's `epoch`.
    package func unmoved(since earlier: RoutesDocument) -> ModeRefusal? {
        for (index, context) in contexts.enumerated() where context.mode == .owned {
            let before = earlier.contexts.firstIndex { $0.name == context.name && $0.mode == .owned }
            if context.epoch ?? 0 > before.flatMap({ earlier.contexts[$0].epoch }) ?? 0 { continue }
            let share = share(ofContext: index)
            // Of a context that was not owned, nobody's rows are the service's yet.
            guard share != before.map({ earlier.share(ofContext: $0) }) ?? .zero else { continue }
            return .byMove(context.name, share ?? .zero)
        }
        return nil
    }
}
