package import Routing

/// Every key of `data.json`.
package enum DataShape {
    typealias Field = ObjectShape.Field

    package static let document = ObjectShape([
        Field("$schema", .text(.free), "Where the JSON Schema lies, for editors."),
        Field("version", .integer(1...1), default: "1", "Version of this format."),
        Field("heartbeat", .duration(allowsOff: false), default: "250ms", "How often the agent shows that it lives."),
        Field("groups", .map(.object(group)), required: true, "Tables that move together, by name."),
    ])

    static let group = ObjectShape([
        Field("source", .text(.file), required: true, "SQLite file of the monolith; relative to this file."),
        Field("target", .text(.file), required: true, "SQLite file of the service; relative to this file."),
        Field(
            "mode", .choice(["reads", "owned", "authority"]), default: "reads",
            "Who writes: the monolith, the owner of each user, or one side everything."),
        Field(
            "salt", .text(.free), default: "", "Put before a key when it is hashed: the same as the context's."),
        Field("tables", .list(.object(table), atLeast: 1), required: true, "What is carried, parents first."),
    ])

    static let table = ObjectShape([
        Field("name", .text(.free), required: true, "Table of the source."),
        Field("to", .text(.free), "Table of the target; the same name when left out."),
        Field("key", .list(.text(.free), atLeast: 1), "One to eight columns; the primary key when left out."),
        Field("owner", .text(.free), "Column of the source that holds the user's key, in the mode owned."),
        Field("catalogue", .bool, default: "false", "Only the monolith writes it, whoever owns the users."),
        Field(
            "columns", .map(.text(.free), names: .free), "Source column to target column; all of them when left out."),
        Field("map", .list(.object(map), atLeast: 0), "Columns that the stores keep in different forms."),
    ])

    private static let map = ObjectShape([
        Field(
            "to", .map(.text(.free), names: .free), required: true,
            "Target column to an SQL expression over the source's row."),
        Field(
            "back", .map(.text(.free), names: .free), required: true,
            "Source column to an SQL expression over the target's row, which undoes that."),
    ])
}
