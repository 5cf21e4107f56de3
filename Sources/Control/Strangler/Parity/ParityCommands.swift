import Arguments
import Parity

/// The `parity` verbs.
enum ParityCommands {
    static let parity = Command(
        "parity", "Compare what the monolith and the services answer",
        discussion:
            "Exit 0: parity holds. 1: some answer differs. 2: not enough evidence, because something could not be\n"
            + "compared, nothing was asked of a route, or both sides are one process. Scenarios and rules are described in\n"
            + "docs/parity.md.",
        commands: [run, compare, wrongProxy])

    private static let run = Command(
        CommandSpec(
            "run", "Drive the scenarios against both sides and compare every answer",
            positionals: [.init("ROUTE", "routes or contexts to compare; all when none is named", .many)],
            options: [
                .value("against", "SIDES", "two of legacy, service and addresses (default legacy,service)"),
                .value(
                    "mode", "live|isolated",
                    "live: state reaches the service by data sync (default); isolated: each side makes its own",
                    choices: RunMode.allCases.map(\.rawValue)),
                .value("scenarios", "FOLDER", "scenario files (default parity/ beside the routes file)"),
                .flag(
                    "despite-same", "compare although one process listens at both addresses: a proxy before both sides"),
            ],
            examples: [
                "strangler parity run profile",
                "strangler parity run filter --mode isolated \\\n"
                    + "--against http://127.0.0.1:9000,http://127.0.0.1:9002",
            ]),
        run: ParityRunCommand.run)

    private static let compare = Command(
        CommandSpec(
            "compare", "Compare two recorded answers",
            positionals: [
                .init("LEFT", "the answer that is right: a JSON document with status, headers, body"),
                .init("RIGHT", "the answer to judge"),
            ],
            options: [.value("rules", "FILE", "what counts as equal; without it everything is exact")],
            examples: ["strangler parity compare left.json right.json --rules rules.json"]),
        run: ParityCompareCommand.run)

    private static let wrongProxy = Command(
        CommandSpec(
            "wrong-proxy", "Stand before a service and make its answers wrong, to see that parity notices",
            discussion: "Prints `listening on http://…` when it serves; ends on Ctrl-C or SIGTERM.",
            options: [
                .value("listen", "HOST:PORT", "where (default 127.0.0.1:0, a free port)"),
                .value("upstream", "HOST:PORT", "where right answers come from"),
                .value("class", "CLASS", "what to make wrong", choices: Wrongness.allCases.map(\.rawValue)),
                .value("path", "PREFIX", "only answers to paths that begin so (default /api/)"),
                .value("delay", "TIME", "how late with --class delay (default 5s)"),
            ],
            examples: ["strangler parity wrong-proxy --upstream 127.0.0.1:9003 --class value"]),
        run: WrongProxyCommand.run)
}
