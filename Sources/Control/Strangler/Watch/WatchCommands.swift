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
}
