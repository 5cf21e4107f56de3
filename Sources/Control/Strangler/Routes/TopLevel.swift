import JSON

/// The members of a routes document beside its routes.
package enum TopLevel {
    /// Names of the members that differ, sorted; layout, `$schema`, `revision` and `routes` do not count.
    package static func differences(_ old: [UInt8], _ new: [UInt8]) -> [String] {
        let (before, after) = (members(old), members(new))
        return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    }

    private static func members(_ bytes: [UInt8]) -> [String: String] {
        guard let document = try? JSONDocument(bytes, limits: JSONLimits(duplicateKeys: .report)) else { return [:] }
        var members: [String: String] = [:]
        for member in document.root.members where !["$schema", "revision", "routes"].contains(member.key) {
            var writer = JSONWriter()
            writer.value(member.value)
            members[member.key] = writer.text
        }
        return members
    }
}
