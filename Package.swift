// swift-tools-version: 6.2
import PackageDescription

// Every target of ours: Swift 6 mode, warnings are errors, an import stays internal unless it says `public import`.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

// libxsmm compiles products for x86-64 alone; elsewhere OpenBLAS computes them all.
#if arch(x86_64)
    let compiledProducts: [Target.Dependency] = ["CXSMM"]
#else
    let compiledProducts: [Target.Dependency] = []
#endif

// The tests of a module, in the folder of its name.
func tests(_ module: String, alsoUsing more: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(module)Tests",
        dependencies: [.target(name: module)] + more,
        path: "Tests/\(module)",
        swiftSettings: strict
    )
}

let package = Package(
    name: "nabla",
    products: [
        .executable(name: "nabla", targets: ["NablaCLI"]),
        // The calls of the client are made of the types of the other two.
        .library(name: "NablaClient", targets: ["NablaClient", "NablaAPI", "NablaNetworks"]),
    ],
    dependencies: [
        // The command line: parsing, help and completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Settings: reading the YAML file.
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        // SHA-256, under which tokens are stored.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // Log records, with the backend the operator's choice.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Names the keys of a settings file, so that a mistyped one is refused.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // The path type that swift-configuration takes.
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        // SQLite: migrations, one writer, concurrent readers.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C libraries: a module map and a shim, nothing more.
        .systemLibrary(
            name: "CXSMM", pkgConfig: "libxsmm", providers: [.apt(["libxsmm-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Loaded when they are first needed, and so not linked.
        .target(name: "CBLAS", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CEpoll"),
        // Loops that are compiled for the widest vectors of each kind of processor.
        .target(name: "CVectors"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CProcessor"),

        // What can be asked for, as plain checked values.
        .target(name: "NablaNetworks", swiftSettings: strict),
        // The mathematics.
        .target(
            name: "NablaCore",
            dependencies: ["NablaNetworks", "CBLAS", "CProcessor", "CVectors"] + compiledProducts,
            swiftSettings: strict),
        // Bytes ⇄ values.
        .target(name: "NablaJSON", dependencies: ["CSimdJSON"], swiftSettings: strict),
        // The wire types.
        .target(
            name: "NablaAPI", dependencies: ["NablaJSON", "NablaNetworks"], swiftSettings: strict),
        // Compressed bodies.
        .target(name: "NablaGzip", dependencies: ["CZlib"], swiftSettings: strict),
        // HTTP/1.1 messages.
        .target(name: "NablaHTTP", swiftSettings: strict),
        // Listener, connections, time-outs.
        .target(
            name: "NablaSockets", dependencies: ["NablaHTTP", "CEpoll"], swiftSettings: strict),
        // Runs and metrics in SQLite.
        .target(
            name: "NablaStore",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"),
                // SQLite's own interface, for functions in SQL that are called for each row.
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            resources: [.embedInCode("new.sqlite")],
            swiftSettings: strict),
        // The service.
        .target(
            name: "NablaService",
            dependencies: [
                "NablaSockets", "NablaHTTP", "NablaStore", "NablaAPI", "NablaCore", "NablaNetworks",
                "NablaGzip", "NablaJSON", "CMalloc", "CProcessor",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("OpenAPI/openapi.json")],
            swiftSettings: strict),
        // The client library.
        .target(
            name: "NablaClient",
            dependencies: [
                "NablaAPI", "NablaNetworks", "NablaJSON", "NablaGzip", "CCurl", "CEpoll",
            ],
            swiftSettings: strict),
        // The program `nabla`.
        .executableTarget(
            name: "NablaCLI",
            dependencies: [
                "NablaService", "NablaClient", "NablaAPI", "NablaNetworks", "NablaJSON",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        // What is fast is shown with it.
        .executableTarget(
            name: "nabla-bench-training",
            dependencies: ["NablaCore", "NablaNetworks", "CBLAS"] + compiledProducts,
            path: "Benchmarks/Training", exclude: ["allocations.sh"], swiftSettings: strict),
        .executableTarget(
            name: "nabla-bench-requests",
            dependencies: [
                "NablaAPI", "NablaCore", "NablaJSON", "NablaNetworks", "NablaService",
            ],
            path: "Benchmarks/Requests", swiftSettings: strict),

        .executableTarget(
            name: "nabla-bench-client", dependencies: ["NablaClient", "NablaAPI", "NablaNetworks"],
            path: "Benchmarks/Client", swiftSettings: strict),
        .executableTarget(
            name: "nabla-bench-history",
            dependencies: ["NablaStore", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Benchmarks/History", swiftSettings: strict),

        // What several test targets share.
        .target(name: "Loopback", path: "Tests/Loopback", swiftSettings: strict),

        tests("NablaNetworks"),
        tests("NablaCore", alsoUsing: ["NablaNetworks"]),
        tests("NablaJSON", alsoUsing: ["CSimdJSON"]),
        tests("NablaAPI", alsoUsing: ["NablaJSON", "NablaNetworks"]),
        tests("NablaGzip"),
        tests("NablaHTTP"),
        tests("NablaSockets", alsoUsing: ["NablaHTTP"]),
        tests("NablaStore", alsoUsing: [.product(name: "GRDB", package: "GRDB.swift")]),
        tests(
            "NablaClient",
            alsoUsing: [
                "CCurl", "Loopback", "NablaAPI", "NablaGzip", "NablaNetworks", "NablaService",
                "NablaSockets",
            ]),
        tests(
            "NablaService",
            alsoUsing: [
                "NablaAPI", "NablaClient", "NablaCore", "NablaHTTP", "NablaJSON", "NablaNetworks",
                "NablaSockets", "NablaStore", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Runs the built program too, which building all tests builds.
        tests(
            "NablaCLI",
            alsoUsing: [
                "Loopback", "NablaAPI", "NablaClient", "NablaJSON", "NablaNetworks", "NablaService",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "NablaService", "NablaClient", "NablaAPI", "NablaNetworks", "NablaJSON",
                "NablaSockets", "NablaCLI", "NablaGzip", "Loopback",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Integration", swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)

// What `make fuzz` builds. libFuzzer brings the main function, so these link with --sanitize=fuzzer
// alone and would break every other build.
if Context.environment["NABLA_FUZZING"] != nil {
    func harness(_ name: String, of modules: [Target.Dependency]) -> Target {
        .executableTarget(
            name: "Fuzz\(name)", dependencies: ["FuzzSupport"] + modules,
            path: "Tests/Fuzzing/\(name)", exclude: ["Corpus"], swiftSettings: strict)
    }
    package.targets += [
        .target(name: "FuzzSupport", path: "Tests/Fuzzing/Support", swiftSettings: strict),
        harness("Requests", of: ["NablaHTTP"]),
        harness("Chunks", of: ["NablaHTTP"]),
        harness("JSON", of: ["NablaJSON"]),
        harness("Tensors", of: ["NablaAPI", "NablaJSON", "NablaNetworks"]),
        harness("Gradients", of: ["NablaAPI"]),
        harness("Gzip", of: ["NablaGzip"]),
    ]
}
