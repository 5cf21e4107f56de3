import Arguments

/// Every verb there is, in the order of help. A new command is written in a file of its own and named here.
enum CommandList {
    static let program: Command = {
        var program = Command("strangler", "Takes a monolith apart, route by route, while it serves.", commands: all)
        program.spec.options = everywhere
        return program
    }()

    private static let all: [Command] = [
        SetupCommands.initialise, SetupCommands.validate, SetupCommands.format, SetupCommands.schema,
        SetupCommands.doctor,
        DemoCommands.demo,
        status, WatchCommands.top, WatchCommands.tap, WatchCommands.logs, shift, rollback, mirror, HoldsCommand.command,
        PlanCommands.plan, PlanCommands.apply, PlanCommands.diff, explain,
        HistoryCommands.history, HistoryCommands.undo,
        ParityCommands.parity,
        DataCommands.data,
        CompletionCommands.completion, CompletionCommands.words,
    ]

    /// Options that every command takes.
    private static let everywhere: [OptionSpec] = [
        .value(
            "output", short: "o", "table|json", "form of the answer (default table)",
            environment: "STRANGLER_OUTPUT", choices: ["table", "json"]),
        .value("config", "FILE", "routes file (default routes.json)", environment: "STRANGLER_CONFIG"),
        .value(
            "admin", "ADDRESS", "router: unix:PATH or http://HOST:PORT (default from the file)",
            environment: "STRANGLER_ADMIN"),
        .value("token-file", "FILE", "bearer token for the admin API", environment: "STRANGLER_TOKEN_FILE"),
        .value("timeout", "TIME", "until a change was observed (default 30s)", environment: "STRANGLER_TIMEOUT"),
        .flag("quiet", short: "q", "no progress on standard error", environment: "STRANGLER_QUIET"),
        .flag("yes", short: "y", "answer every question with yes", environment: "STRANGLER_YES"),
    ]

    /// Options of every verb that changes something.
    static let changing: [OptionSpec] = [
        .flag("dry-run", "say what would happen, change nothing"),
        .value("reason", "TEXT", "why, for the ledger and the router's audit log", environment: "STRANGLER_REASON"),
    ]

    /// Of every verb that may give a service readers.
    static let despiteData = OptionSpec.flag(
        "despite-data", "move reads although the service does not have all rows")

    private static let status = Command(
        CommandSpec(
            "status", "How far the migration is, how both sides do, and what to do next",
            positionals: [.init("ROUTE", "only this route, in detail", .optional)],
            options: [.flag("watch", short: "w", "again each second until Ctrl-C"), DataCommands.file],
            examples: ["strangler status", "strangler status profile --watch", "strangler status -o json"]),
        run: StatusCommand.run)

    private static let shift = Command(
        CommandSpec(
            "shift", "Move a share of the users to the service, or back",
            discussion:
                "Raising a percentage only moves users to the service, lowering it only moves them back; a user\n"
                + "stays on one side for all routes of a context. Answers when every loop of the router serves it.",
            positionals: [
                .init("ROUTE", "route id"), .init("PERCENT", "0 to 100 in steps of 0.0001, or a step: +5, -5"),
            ],
            options: changing + [despiteData, DataCommands.file],
            examples: ["strangler shift profile 10", "strangler shift profile +5 --reason 'parity held for a day'"]),
        run: ShiftCommand.run)

    private static let rollback = Command(
        CommandSpec(
            "rollback", "Everybody back to legacy, at once",
            discussion:
                "Needs nothing but a living router. Answers when no new request goes to the service, with what is still\n"
                + "under way there.",
            positionals: [.init("ROUTE", "route id", .optional)],
            options: [
                .flag("all", "every route"),
                .flag("drain", "let users with a request under way on the service finish there first"),
                .value(
                    "wait", "TIME",
                    "watch until the last request on the service has ended; exit 4 if it has not (default 10s on a terminal)"
                ),
            ] + changing,
            examples: ["strangler rollback profile", "strangler rollback --all"]),
        run: RollbackCommand.run)

    private static let mirror = Command(
        CommandSpec(
            "mirror", "Copy requests to the side that does not answer the user",
            positionals: [.init("ROUTE", "route id"), .init("PERCENT", "0 to 100, on or off")],
            options: [.value("methods", "LIST", "methods to copy (default GET,HEAD)")] + changing,
            examples: ["strangler mirror profile 100", "strangler mirror profile off"]),
        run: MirrorCommand.run)

    private static let explain = Command(
        CommandSpec(
            "explain", "Which route, key, bucket and side a request would have, and why",
            positionals: [.init("METHOD", "such as GET"), .init("PATH", "path and query")],
            options: [
                .repeated("header", short: "H", "'NAME: VALUE'", "a field of the request"),
                .value("host", "HOST", "host of the request"),
            ],
            examples: ["strangler explain GET /api/profiles/01HV -H 'authorization: Bearer …'"]),
        run: ExplainCommand.run)
}
