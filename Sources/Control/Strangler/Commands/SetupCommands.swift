import Arguments
import ControlKit
import JSON
import Migration
import Operations
import Routing

/// `init`, `validate`, `fmt` and `schema`: the routes file itself. `doctor` looks at everything around it.
enum SetupCommands {
    static let initialise = Command(
        CommandSpec(
            "init", "Write a routes.json that puts the router before your monolith",
            discussion:
                "The file sends everything to the monolith, with room for slow answers and large bodies: nothing changes for anybody until you shift a route, but for what it lists.",
            options: [
                .value("monolith", "HOST:PORT", "where your monolith listens (default 127.0.0.1:9000)"),
                .value("listen", "HOST:PORT", "where the router shall listen (default 127.0.0.1:8080)"),
                .value("health", "PATH", "path that answers 2xx or 3xx while the monolith is well (default none)"),
                .flag("force", "replace a file that is there"),
                .flag("dry-run", "print the file instead of writing it"),
            ], examples: ["strangler init --monolith 127.0.0.1:3000 --health /healthz"]),
        run: InitCommand.run)

    static let validate = Command(
        CommandSpec(
            "validate", "Check a routes file as the router would",
            positionals: [.init("FILE", "routes file (default --config)", .optional)]),
        run: { invocation in
            let file = invocation.inputs["FILE"] ?? invocation.configPath
            let bytes =
                invocation.inputs["FILE"] == nil ? try invocation.configBytes() : try PlanCommands.bytes(of: file)
            let document = try RoutesCheck.document(bytes, file: file)
            let warnings = document.warnings.map { $0.render() }
            let count = document.routes.count
            let changes = document.allChangesForUsers
            return Answer(
                [.sentence("\(file) is valid: \(count) route\(count == 1 ? "" : "s").", .good)]
                    + warnings.map { .lines([$0]) } + [Self.changes(changes)],
                data: [
                    "file": .string(file), "valid": true, "routes": .integer(Int64(count)),
                    "warnings": .array(warnings.map { .string($0) }),
                    "changes_for_users": Self.datum(changes),
                ],
                next: [.init("strangler plan \(file)", "who would move with it")])
        })

    /// What users get otherwise than from the monolith alone.
    static func changes(_ all: [UserChanges]) -> Answer.Block {
        .lines(
            ["What users get otherwise than from the monolith alone:"]
                + all.flatMap { ["  \($0.subject)"] + $0.changes.map { "    \($0)" } })
    }

    static func datum(_ all: [UserChanges]) -> OutputValue {
        .array(
            all.map {
                ["subject": .string($0.subject), "changes": .array($0.changes.map { .string($0) })] as OutputValue
            })
    }

    static let format = Command(
        CommandSpec(
            "fmt", "Lay a routes file out in the one way",
            positionals: [.init("FILE", "routes file (default --config)", .optional)],
            options: [
                .flag("check", "change nothing; exit 1 when the layout is another"),
                .flag("dry-run", "print the file instead of writing it"),
            ]),
        run: { invocation in
            let file = invocation.inputs["FILE"] ?? invocation.configPath
            let bytes = try PlanCommands.bytes(of: file)
            let laidOut = try RoutesLayout.format(bytes, file: file)
            let isSame = laidOut == bytes
            let data: OutputValue = ["file": .string(file), "changed": .bool(!isSame)]
            if invocation.isDryRun { return Answer([.raw(String(decoding: laidOut, as: UTF8.self))], data: data) }
            if isSame { return Answer([.sentence("\(file) is laid out well.", .good)], data: data) }
            if invocation.inputs.has("check") {
                throw OperationFailure(.failed, "\(file) has another layout", fix: "strangler fmt \(file)")
            }
            try FileSystem.replace(file, with: laidOut)
            return Answer(
                [.sentence("Laid out \(file).", .good)], data: data,
                next: [.init("strangler apply \(file)", "if a router serves this file, let it read it again")])
        })

    static let schema = Command(
        CommandSpec(
            "schema", "JSON Schema of routes.json or data.json, for editors",
            positionals: [
                .init("FILE", "routes (default) or data", .optional, choices: ["routes", "data"])
            ],
            examples: ["strangler schema > routes.schema.json", "strangler schema data > data.schema.json"]),
        run: { invocation in
            let text = invocation.inputs["FILE"] == "data" ? DataSchema.json() : RoutesCheck.schema
            return Answer([.raw(text)], data: (try? JSONDocument(text)).map { OutputValue($0.root) } ?? .null)
        })

    static let doctor = Command(
        CommandSpec(
            "doctor", "Look for what keeps this from working, and say how to mend it",
            options: [.flag("offline", "do not open any connection"), DataCommands.file]),
        run: DoctorCommand.run)
}
