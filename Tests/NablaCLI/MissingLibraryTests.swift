import Foundation
import Testing

/// Libraries that are loaded when they are first needed, where they can't be.
@Suite struct MissingLibraryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// An environment in which a file that is no library stands in a library's place.
    private func environment(without library: String) throws -> [String: String] {
        _ = try folder.write("no library", to: library)
        let others = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
        return ["LD_LIBRARY_PATH": folder.path + others]
    }

    @Test func aServiceDoesNotStartWithoutOpenBLAS() throws {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data", folder.file("data")]
        let result = try Program(serve, environment: environment(without: "libopenblas.so.0"))
            .wait()
        #expect(result.code == 1)
        #expect(
            result.errors.contains(
                "Error: OpenBLAS can't be loaded, Debian's package libopenblas0 has it: "))
        #expect(result.errors.contains("libopenblas.so.0"))
        #expect(!result.output.contains("listens"))
    }

    @Test func aProductThatNeedsOpenBLASSaysSo() throws {
        // Two inputs and two outputs take loops; 400 of each don't.
        let zeros = [[Double]](repeating: [Double](repeating: 0, count: 400), count: 400)
        let body: [String: Any] = [
            "network": ["layers": [["weights": zeros, "activation": "identity"]]],
            "inputs": [zeros[0]],
        ]
        let large = folder.file("large.json")
        try JSONSerialization.data(withJSONObject: body).write(to: URL(fileURLWithPath: large))
        let environment = try environment(without: "libopenblas.so.0")
        let small = try Program(["gradients", example("xor.json")], environment: environment).wait()
        #expect(small.code == 0)
        let result = try Program(["predict", large], environment: environment).wait()
        #expect(result.code == 127)
        #expect(result.errors.contains("Error: OpenBLAS can't be loaded: "))
    }

    @Test func aClientSaysThatLibcurlIsMissing() throws {
        let list = ["runs", "list", "--server", "http://127.0.0.1:1"]
        let result = try Program(list, environment: environment(without: "libcurl.so.4")).wait()
        #expect(result.code == 78)
        #expect(
            result.errors.contains("libcurl can't be loaded, Debian's package libcurl4 has it: "))
    }
}
