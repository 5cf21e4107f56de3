import Arguments

/// The verbs that look at live traffic.
enum WatchCommands {
    static let top = Command(
        CommandSpec(
            "top", "What each side of each route does now: rate, share, errors, latencies",
            discussion:
                "Rates, shares and percentiles are of the interval between two looks, not since the start. LONG are exchanges\n"
                + "open longer than longLived.after; COPIES/S are the mirror's, in the row of the side that gets them.",
            options: [
                .flag("once", "one table, after one interval"),
                .value("count", "N", "so many tables, then end (default: until Ctrl-C)"),
                .value("interval", "TIME", "between two looks (default 1s)"),
            ],
            examples: ["strangler top", "strangler top --once -o json", "strangler top --interval 10s | tee top.txt"]),
        run: TopCommand.run)

    static let tap = Command(
        CommandSpec(
            "tap", "Exchanges as they end, one line each, filtered and redacted",
            discussion:
                "Shows the path, never a query, a field or a body. Costs the router nothing while nobody taps; what a tap\n"
                + "cannot keep up with is left out and counted, and no request ever waits for it.",
            options: [
                .value("route", "ID", "only this route"),
                .value("side", "SIDE", "only this side", choices: ["legacy", "service"]),
                .value("status", "CODE", "a code, or a class such as 5xx"),
                .value("method", "NAME", "only this method"),
                .value("path-prefix", "PATH", "only paths that begin so"),
                .value("min-duration", "TIME", "only what took as long: 500ms, 2s"),
                .value("sample", "1/N", "one of N"),
                .value("limit", "N", "so many lines, then end (default: until Ctrl-C)"),
            ],
            examples: [
                "strangler tap --status 5xx", "strangler tap --route profile --side service --min-duration 500ms",
                "strangler tap --sample 1/100 -o json",
            ]),
        run: TapCommand.run)

    static let logs = Command(
        CommandSpec(
            "logs", "What the router tells of itself as it happens; with --access, its access log",
            discussion: "Follows until Ctrl-C. -o json gives one object a line.",
            options: [
                .flag("access", "the access log's file, as routes.json names it"),
                .value("lines", "N", "so many of the access log's last lines first (default 10)"),
                .flag("once", "only what is in the access log now"),
            ],
            examples: [
                "strangler logs", "strangler logs --access --lines 100", "strangler logs --access --once -o json",
            ]),
        run: LogsCommand.run)
}
