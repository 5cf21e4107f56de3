// swift-tools-version: 6.2
// The modules and the arrows between them: docs/architecture.md is generated from this table's twin,
// scripts/layers.txt, and `scripts/check-imports` fails when an arrow points up.

import PackageDescription

/// One list of settings for every Swift target, so that no module is laxer than another.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),  // SE-0480
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    // A quarter of a proxied request's user time was spent on these run-time checks (perf, small GET). State is
    // confined to one loop's thread, and debug builds, which every test runs in, keep the checks.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A library: `folder` under `Sources`, what it may import, and nothing else.
func module(_ name: String, in folder: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(folder)\(name)", swiftSettings: strict)
}

/// A thin executable: arguments, configuration, build, run.
func program(
    _ target: String, folder: String, uses dependencies: [Target.Dependency]
) -> Target {
    .executableTarget(
        name: target, dependencies: dependencies, path: "Sources/Executables/\(folder)", swiftSettings: strict)
}

/// Tests of one module, in the folder that mirrors it.
func tests(of name: String, uses dependencies: [Target.Dependency] = [], data: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
        path: "Tests/\(name)Tests", exclude: data, swiftSettings: strict)
}

let platform: [Target] = [
    .target(name: "CLinux", path: "Sources/Platform/CLinux"),
    .systemLibrary(
        name: "CSQLite", path: "Sources/Platform/CSQLite", pkgConfig: "sqlite3",
        providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
        name: "CSodium", path: "Sources/Platform/CSodium", pkgConfig: "libsodium",
        providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(
        name: "CTurboJPEG", path: "Sources/Platform/CTurboJPEG", pkgConfig: "libturbojpeg",
        providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(
        name: "CPNG", path: "Sources/Platform/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CPNGReader", dependencies: ["CPNG"], path: "Sources/Platform/CPNGReader"),
    .systemLibrary(
        name: "CZlib", path: "Sources/Platform/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    module("Hashing", in: "Platform/"),
    module("JSON", in: "Platform/"),
    module("Arguments", in: "Platform/"),
    module("Formats", in: "Platform/"),
    module("Telemetry", in: "Platform/", uses: ["Formats"]),
    module("SQLite", in: "Platform/", uses: ["CSQLite"]),
    module("Secrets", in: "Platform/", uses: ["CSodium", "JSON"]),
    module("Imaging", in: "Platform/", uses: ["CTurboJPEG", "CPNG", "CPNGReader", "CZlib"]),
    module("Compression", in: "Platform/", uses: ["CZlib"]),
    module("HTTP", in: "Platform/"),
    module("DurableFiles", in: "Platform/", uses: ["Hashing"]),
    module("EventLoop", in: "Platform/", uses: ["CLinux"]),
    module("HTTPTransport", in: "Platform/", uses: ["EventLoop", "HTTP"]),
    module(
        "ServiceKit", in: "Platform/",
        uses: ["Arguments", "CLinux", "EventLoop", "Formats", "HTTP", "HTTPTransport", "JSON", "Telemetry"]),
]

let domain: [Target] = [
    module("Routing", in: "Domain/", uses: ["Formats", "Hashing", "HTTP", "JSON"]),
    module("Parity", in: "Domain/", uses: ["Formats", "JSON"]),
    module("AdminAPI", in: "Domain/", uses: ["JSON"]),
    module("Migration", in: "Domain/", uses: ["Hashing", "JSON", "Routing"]),
]

let planes: [Target] = [
    module(
        "Router", in: "",
        uses: [
            "AdminAPI", "DurableFiles", "EventLoop", "Formats", "HTTP", "HTTPTransport", "Hashing", "JSON",
            "Telemetry", "Routing",
        ]),
    module("DataSync", in: "Control/", uses: ["EventLoop", "Hashing", "JSON", "SQLite", "Telemetry", "Migration"]),
    module(
        "DataMove", in: "Control/", uses: ["DataSync", "DurableFiles", "JSON", "Migration", "SQLite"]),
    module("ControlKit", in: "Control/", uses: ["DurableFiles", "JSON"]),
    module(
        "AdminClient", in: "Control/",
        uses: ["AdminAPI", "ControlKit", "EventLoop", "HTTP", "JSON", "ServiceKit"]),
    module("Load", in: "Control/", uses: ["ControlKit", "EventLoop", "HTTP", "ServiceKit", "Telemetry"]),
    module("Estate", in: "Control/", uses: ["ControlKit"]),
    module("Ledger", in: "Control/", uses: ["AdminAPI", "ControlKit", "JSON", "SQLite"]),
    module(
        "Operations", in: "Control/",
        uses: [
            "AdminAPI", "AdminClient", "ControlKit", "Estate", "DataMove", "DataSync", "DurableFiles", "Formats",
            "Hashing", "JSON", "Ledger", "Migration", "Parity", "Routing", "SQLite", "ServiceKit", "Telemetry",
        ]),
    module(
        "Strangler", in: "Control/",
        uses: [
            "Operations",
            "AdminAPI", "AdminClient", "ControlKit", "Estate", "Ledger", "Load",
            "Compression", "DurableFiles", "EventLoop", "Formats", "HTTP", "Imaging", "JSON", "SQLite", "ServiceKit",
            "Telemetry", "Arguments", "Routing", "Parity", "Migration", "DataMove", "DataSync",
        ]),
]

let estate: [Target] = [
    module(
        "Monolith", in: "",
        uses: ["Formats", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Telemetry", "Imaging"]),
    module(
        "Sessions", in: "Services/",
        uses: ["Arguments", "EventLoop", "Formats", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Telemetry"]),
    module(
        "Auth", in: "Services/",
        uses: ["Formats", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Telemetry", "Sessions"]),
    module(
        "Filter", in: "Services/",
        uses: [
            "CLinux", "EventLoop", "Formats", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Telemetry", "Imaging",
            "Sessions",
        ]),
    module(
        "Profile", in: "Services/",
        uses: ["Formats", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Telemetry", "Sessions"]),
]

let programs: [Target] = [
    program("StranglerProgram", folder: "strangler", uses: ["Strangler"]),
    program("RouterProgram", folder: "strangler-router", uses: ["Arguments", "Router", "Telemetry"]),
    program(
        "MonolithProgram", folder: "pixelpulse-monolith", uses: ["Arguments", "Monolith", "ServiceKit"]),
    program(
        "AuthProgram", folder: "pixelpulse-auth", uses: ["Auth", "ServiceKit", "Sessions"]),
    program(
        "FilterProgram", folder: "pixelpulse-filter",
        uses: ["Arguments", "EventLoop", "Filter", "ServiceKit", "Sessions"]),
    program(
        "ProfileProgram", folder: "pixelpulse-profile",
        uses: ["Profile", "ServiceKit", "Sessions"]),
]

/// Measured claims: of the parser alone, and what the benchmarks beside other proxies put before and behind them.
let benchmarks: [Target] = [
    .executableTarget(
        name: "http-benchmark", dependencies: ["HTTP"], path: "Benchmarks/http", swiftSettings: strict),
    .executableTarget(
        name: "bench-upstream", dependencies: ["EventLoop", "HTTP", "HTTPTransport"], path: "Benchmarks/upstream",
        swiftSettings: strict),
    .executableTarget(
        name: "bench-rate", dependencies: ["EventLoop", "HTTP", "HTTPTransport"], path: "Benchmarks/rate",
        swiftSettings: strict),
]

/// What the parser makes of messages, for differential tests in other languages.
let oracles: [Target] = [
    .executableTarget(
        name: "http-verdict", dependencies: ["HTTP", "JSON", "TestSupport"], path: "Tests/Verdict",
        swiftSettings: strict)
]

let testTargets: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["CLinux", "EventLoop", "HTTP"], path: "Tests/TestSupport",
        swiftSettings: strict),
    tests(of: "Hashing"),
    tests(of: "JSON"),
    tests(of: "Arguments"),
    tests(of: "Formats"),
    tests(of: "Telemetry"),
    tests(of: "SQLite"),
    tests(of: "Secrets"),
    tests(of: "Imaging", uses: ["CZlib", "CTurboJPEG"]),
    tests(of: "Compression"),
    tests(of: "HTTP", uses: ["JSON"]),
    tests(of: "DurableFiles"),
    tests(of: "EventLoop", uses: ["CLinux"]),
    tests(of: "HTTPTransport", uses: ["EventLoop", "HTTP"]),
    tests(of: "ServiceKit", uses: ["EventLoop", "HTTP", "HTTPTransport", "JSON"]),
    tests(of: "Routing", uses: ["Formats", "HTTP", "Hashing", "JSON"], data: ["Golden"]),
    tests(of: "Parity", uses: ["JSON"]),
    tests(of: "AdminAPI", uses: ["JSON"]),
    tests(of: "Migration", uses: ["Routing"]),
    tests(
        of: "Router",
        uses: [
            "AdminAPI", "CLinux", "DurableFiles", "EventLoop", "HTTP", "HTTPTransport", "JSON", "Routing", "Telemetry",
        ]),
    tests(of: "DataSync", uses: ["JSON", "Migration", "SQLite"]),
    tests(of: "DataMove", uses: ["DataSync", "DurableFiles", "Migration", "Routing", "SQLite"]),
    tests(of: "Load", uses: ["ControlKit", "Telemetry"]),
    tests(of: "AdminClient", uses: ["AdminAPI", "ControlKit", "JSON"]),
    tests(of: "Ledger", uses: ["AdminAPI"]),
    tests(of: "Estate", uses: ["ControlKit"]),
    // With a router of this process, as a controller would have one beside it.
    tests(
        of: "Operations",
        uses: [
            "AdminAPI", "AdminClient", "ControlKit", "DataMove", "DataSync", "EventLoop", "Ledger", "Migration",
            "Router", "Routing", "SQLite",
        ]),
    tests(
        of: "Strangler",
        uses: [
            "AdminAPI", "AdminClient", "ControlKit", "Estate", "Ledger", "Load", "Operations", "Arguments", "DataSync",
            "EventLoop",
            "HTTP", "JSON", "Migration", "Parity", "Routing", "SQLite",
            "ServiceKit",
        ], data: ["Golden"]),
    tests(of: "Monolith", uses: ["EventLoop", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Imaging"]),
    tests(
        of: "Sessions", uses: ["EventLoop", "Formats", "HTTP", "JSON", "SQLite", "Secrets", "ServiceKit", "Telemetry"]),
    tests(of: "Auth", uses: ["EventLoop", "HTTP", "SQLite", "Secrets", "ServiceKit", "Sessions"]),
    tests(of: "Filter", uses: ["Formats", "JSON", "SQLite", "Secrets", "ServiceKit", "Imaging", "Monolith"]),
    tests(of: "Profile", uses: ["Formats", "JSON", "SQLite", "ServiceKit"]),
    // Both sides of the estate at once, against the document that describes them.
    .testTarget(
        name: "PixelPulseTests",
        dependencies: [
            "Auth", "EventLoop", "Filter", "HTTP", "Imaging", "JSON", "Monolith", "Profile", "Secrets", "ServiceKit",
            "Sessions", "TestSupport",
        ],
        path: "Tests/PixelPulseTests", swiftSettings: strict),
]

/// `STRANGLER_TESTS=Router` builds the tests of that module only: a build with a sanitizer then takes a fraction of the
/// time.
let wanted = Context.environment["STRANGLER_TESTS"]?.split(separator: ",").map { "\($0)Tests" }
let chosenTests = testTargets.filter { !$0.isTest || wanted?.contains($0.name) ?? true }

let package = Package(
    name: "strangler",
    products: [
        .executable(name: "strangler", targets: ["StranglerProgram"]),
        .executable(name: "strangler-router", targets: ["RouterProgram"]),
        .executable(name: "pixelpulse-monolith", targets: ["MonolithProgram"]),
        .executable(name: "pixelpulse-auth", targets: ["AuthProgram"]),
        .executable(name: "pixelpulse-filter", targets: ["FilterProgram"]),
        .executable(name: "pixelpulse-profile", targets: ["ProfileProgram"]),
    ],
    targets: platform + domain + planes + estate + programs + benchmarks + oracles + chosenTests
)
