package import ControlKit
package import Migration
import Routing

/// A context whose users are owned by one side each, with the group of its rows: what a move acts on.
package struct OwnedContext: Sendable {
    package let name: String
    package let group: DataDocument.Group
    /// Routes with a service, which share one percentage.
    package let routes: [String]
    package let legacy: String
    package let service: String
    /// How many buckets, from 0 on, the routes send to the service.
    package let served: Int

    /// Finds the context in what is served and in the data file; throws where a move of it makes no sense.
    package static func find(
        _ name: String, in document: [UInt8], from place: String, dataPath: String
    ) throws(OperationFailure) -> OwnedContext {
        guard case .success(let routes) = RoutesDocument.parse(document, file: place, guards: .told) else {
            throw OperationFailure(.configuration, "the routes of \(place) are not valid", fix: "strangler validate")
        }
        guard let index = routes.contexts.firstIndex(where: { $0.name == name }) else {
            let names = routes.contexts.map(\.name)
            let meant = Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }
            throw OperationFailure(
                .usage, "there is no context \"\(name)\"", fix: meant ?? "known: \(names.joined(separator: ", "))")
        }
        let context = routes.contexts[index]
        guard context.mode == .owned else {
            throw OperationFailure(
                .failed,
                "the context \"\(name)\" has the mode \"\(context.mode.rawValue)\": no user's rows belong to the service",
                fix: "strangler shift ROUTE PERCENT moves its readers", "\"mode\": \"owned\" lets writes move too")
        }
        let members = routes.routes.filter { $0.context == index && $0.service != nil }
        guard let first = members.first, let service = first.service else {
            throw OperationFailure(
                .failed, "no route of the context \"\(name)\" has a service to move users to",
                fix: "name one: \"service\": \"NAME\"")
        }
        guard let other = members.first(where: { $0.percent != first.percent }) else {
            let group = try group(of: context, dataPath: dataPath)
            return OwnedContext(
                name: name, group: group, routes: members.map(\.id), legacy: routes.upstreams[first.legacy].name,
                service: routes.upstreams[service].name, served: Int(first.percent.ticks))
        }
        throw OperationFailure(
            .configuration,
            "the routes of \"\(name)\" have several percentages: \"\(first.id)\" \(first.percent) %, \"\(other.id)\" \(other.percent) %",
            fix: "a user has one owner for all of them: give every route of the context the same percentage")
    }

    private static func group(
        of context: RoutingContext, dataPath: String
    ) throws(OperationFailure) -> DataDocument.Group {
        let document = try DataFile.document(at: dataPath, groups: [context.group])
        guard let group = document.groups.first else {
            throw OperationFailure(.configuration, "\(dataPath) has no group \"\(context.group)\"")
        }
        guard group.mode == .owned else {
            throw OperationFailure(
                .configuration,
                "the group \"\(group.name)\" has the mode \"\(group.mode.rawValue)\" in \(dataPath), and its context \"\(context.name)\" has \"owned\"",
                fix: "\"mode\": \"owned\" in the group, then strangler data create \(group.name)")
        }
        try group.checkSalt(of: context, in: dataPath)
        return group
    }
}

extension DataDocument.Group {
    /// Rows and requests of a user have one bucket only if they are hashed alike.
    /// - Parameters:
    ///   - routes: the file of the context; nil: what is served.
    ///   - place: where the group stands, for the cure.
    func checkSalt(of context: RoutingContext, from routes: String? = nil, in place: String) throws(OperationFailure) {
        guard salt != context.salt else { return }
        throw OperationFailure(
            .configuration,
            "the group \"\(name)\" has the salt \"\(salt)\" and the context \"\(context.name)\"\(routes.map { " of \($0)" } ?? "") has \"\(context.salt)\": a user's rows and requests would have different buckets",
            fix: "\"salt\": \"\(context.salt)\" in the group of \(place)")
    }
}
