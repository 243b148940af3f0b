import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// Commands that follow a run whose service is stopped.
@Suite struct StoppedServiceTests {
    /// Waits until somebody follows events, and stops the service.
    private func stop(_ served: ServedProgram) throws {
        try waitUntil("the command to follow the run") {
            try served.metric("nabla_http_event_streams") == 1
        }
        try served.expectGoodEnd()
    }

    /// So that nobody waits for long for what doesn't come back.
    private static let environment = ["NABLA_STREAM_RETRY_SECONDS": "1"]

    private func expectHint(_ result: Program.Result, run: String) {
        #expect(result.code == 1 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains("the run goes on when it is back"), "\(result.errors)")
        #expect(result.errors.contains("`nabla runs watch \(run)`"), "\(result.errors)")
    }

    @Test(arguments: [[], ["--json"]]) func whoWatchesIsToldHowItGoesOn(_ form: [String]) throws {
        let folder = try TemporaryFolder()
        let served = try ServedProgram(data: folder.file("data"))
        let run = try served.client.train(.restorable(.adam(Adam()), epochs: 100_000_000))
        let watching = try Program(
            ["runs", "watch", run.id, "--server", served.address] + form,
            environment: Self.environment)
        try stop(served)
        expectHint(try watching.wait(), run: run.id)
        // And so it does.
        let again = try ServedProgram(data: folder.file("data"))
        let epoch = try again.client.run(run.id).progress.epoch
        try waitUntil("the run to go on") {
            try again.client.run(run.id).progress.epoch > epoch
        }
        try again.expectGoodEnd()
    }

    @Test func whoTrainsThereIsToldToo() throws {
        let served = try ServedProgram()
        let training = try Program(
            ["train", "-", "--server", served.address], environment: Self.environment,
            input: """
                {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "epochs": 100000000,
                 "loss": "mean_squared_error", "samples": {"inputs": [[1]], "targets": [1]}}
                """)
        try waitUntil("the run to begin") { training.output.contains(" parameters\n") }
        let run = try #require(try served.client.runs().runs.first)
        try stop(served)
        expectHint(try training.wait(), run: run.id)
    }

    @Test func howLongItIsTriedIsAWholeNumber() throws {
        let result = try Program(
            ["runs", "list"], environment: ["NABLA_STREAM_RETRY_SECONDS": "soon"]
        ).wait()
        #expect(result.code == 64)
        #expect(
            result.errors.contains("NABLA_STREAM_RETRY_SECONDS is \"soon\""), "\(result.errors)")
    }
}
