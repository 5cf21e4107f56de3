import Arguments

/// `strangler data …`: a service's store follows the monolith's while both live.
enum DataCommands {
    static let data = Command(
        "data", "Carry the monolith's rows to the services' stores while both live",
        discussion: "data.json beside the routes file says which tables go where.",
        commands: [lint, create, sync, status, backfill, verify, repair, move, reverse, drop])

    /// Of every verb that looks at the stores.
    static let file = OptionSpec.value(
        "data", "FILE", "what is carried (default data.json beside the routes file)", environment: "STRANGLER_DATA")
    private static let groups = PositionalSpec("GROUP", "only these groups", .many)

    private static let lint = Command(
        CommandSpec(
            "lint", "List what would break a migration, before anything is moved",
            discussion:
                "Reads the stores' schemas, and statements of the monolith as its log or sqlite3's .trace has them.\n"
                + "Changes nothing. Exit 0: no errors, perhaps warnings; 1: errors.",
            positionals: [PositionalSpec("GROUP", "only findings of these", .many)],
            options: [
                file, .repeated("store", "FILE", "a SQLite store of the monolith besides those of the data file"),
                .repeated("sql", "FILE", "statements that the monolith makes, of one connection; - is standard input"),
                .repeated("key", "COLUMN", "what names a row's owner: COLUMN or TABLE.COLUMN (default user_id)"),
                .repeated("context", "NAME=TABLES", "a context and its tables, instead of the data file's groups"),
            ],
            examples: [
                "strangler data lint --key user_id --key users.id --sql statements.log",
                "strangler data lint --store cms.db --context news=articles --key author_id",
            ]),
        run: DataLintCommand.run)

    private static let create = Command(
        CommandSpec(
            "create", "Install change capture: tables in both stores, triggers in the monolith's",
            discussion:
                "Needs DDL only: the monolith goes on as it is. May be run again at any time; where capture was\n"
                + "missing or changed, the copy begins anew. In the modes owned and authority, triggers in both stores\n"
                + "refuse writes of rows that the store does not own, and every user's key is listed.",
            positionals: [groups], options: [file, .flag("dry-run", "say what would happen, change nothing")],
            examples: ["strangler data create", "strangler data create profile --dry-run"]),
        run: DataCreateCommand.run)

    private static let sync = Command(
        CommandSpec(
            "sync", "Run the agent: copy what was there before, then every change as it comes",
            discussion: "Runs until SIGTERM; killed at any point, it goes on where the target says it was.",
            positionals: [groups],
            options: [
                file, .flag("once", "end as soon as the targets have everything"),
                .repeated("also-tell", "ADDRESS", "another router of these contexts: unix:PATH or http://HOST:PORT"),
                .value("metrics", "HOST:PORT", "serve Prometheus metrics there", environment: "STRANGLER_SYNC_METRICS"),
            ],
            examples: ["strangler data sync", "strangler data sync --once"]),
        run: DataSyncCommand.run)

    private static let status = Command(
        CommandSpec(
            "status", "How far the followers are behind, and what to do next", positionals: [groups], options: [file],
            examples: ["strangler data status", "strangler data status -o json"]),
        run: DataStatusCommand.run)

    private static let backfill = Command(
        CommandSpec(
            "backfill", "Copy a group's rows anew; the running agent does it",
            discussion: "Each range of the target is made equal to the monolith's; nothing is emptied first.",
            positionals: [.init("GROUP", "the group")],
            options: [
                file, .flag("restart", "copy again although the copy is done"),
                .flag("dry-run", "say what would happen, change nothing"),
            ],
            examples: ["strangler data backfill profile --restart"]),
        run: DataBackfillCommand.run)

    private static let verify = Command(
        CommandSpec(
            "verify", "Compare every row of both stores, while both live",
            discussion: "Exit 0: equal; 1: rows differ; 2: equal but for changes still on their way.",
            positionals: [groups], options: [file], examples: ["strangler data verify profile"]),
        run: DataVerifyCommand.run)

    private static let repair = Command(
        CommandSpec(
            "repair", "Make the rows that differ equal to the monolith's, and no others",
            discussion:
                "Compares as verify does, asks, writes row by row beside the running programs, and compares again.\n"
                + "A row that changes meanwhile is left to the agent. Exit 0: every row is equal; 1: not all are.",
            positionals: [groups],
            options: [file, .flag("dry-run", "show the rows, change nothing")],
            examples: ["strangler data repair profile --dry-run", "strangler data repair profile --yes"]),
        run: DataRepairCommand.run)

    private static let move = Command(
        CommandSpec(
            "move", "Move users to the other side with their rows and their writes, a few at a time",
            discussion:
                "Each slice: its requests wait, its owner's store refuses writes, the last changes arrive, both stores\n"
                + "are compared, the other side is granted. Exit 3: a gate holds it up, or it stopped on the way.",
            positionals: [context],
            options: [file, .value("to", "PERCENT", "the share of the users that the service is to own")]
                + CommandList.changing,
            examples: ["strangler data move profile --to 10 --dry-run", "strangler data move profile --to 10"]),
        run: DataMoveCommand.move)

    private static let reverse = Command(
        CommandSpec(
            "reverse", "Move users back to the monolith, with every write that the service took",
            positionals: [context],
            options: [file, .value("to", "PERCENT", "the share that the service is to keep (default 0)")]
                + CommandList.changing,
            examples: ["strangler data reverse profile", "strangler data reverse profile --to 1 --dry-run"]),
        run: DataMoveCommand.reverse)

    private static let context = PositionalSpec("CONTEXT", "a context in the mode owned")

    private static let drop = Command(
        CommandSpec(
            "drop", "Take change capture out of both stores: triggers and _sf_ tables",
            discussion:
                "What the programs made stays byte for byte. A table that another group carries keeps its triggers.\n"
                + "Refused while an agent runs; data create installs again at any time.",
            positionals: [groups],
            options: [file, .flag("dry-run", "say what would happen, change nothing")],
            examples: ["strangler data drop profile --dry-run", "strangler data drop --yes"]),
        run: DataDropCommand.run)
}
