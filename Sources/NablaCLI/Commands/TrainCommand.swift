import ArgumentParser
import NablaAPI
import NablaNetworks

/// `nabla train FILE`.
struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network and show how it comes along.",
        discussion: """
            The file holds the body of POST /train: a network, a loss, samples (unless --data has them) \
            and settings. A run of a service goes on when the command is interrupted: `nabla runs watch ID` \
            follows it. A run in this process ends then as cancelled, and nothing of it is kept but what \
            --output writes. The exit status is 1 when the run didn't succeed.
            """)

    @Argument(help: "The request, or - for standard input.")
    var file: InputFile

    @OptionGroup var samples: CSVOptions

    @Option(
        name: .shortAndLong,
        help:
            "Write the trained network to this file: NAME.json as JSON, all others as safetensors.")
    var output: OutputFile?

    @Flag(help: "Print the ended run as JSON instead of its progress.")
    var json = false

    @OptionGroup var options: ComputationOptions

    func run() async throws {
        let text = try samples.request(in: file)
        let request = try Problem.inFile(file) { try TrainRequest(parsing: text) }
        // Before hours of training that nobody would get.
        try output?.check()
        let ended = try await options.compute { computation in
            let ended = try await computation.train(request, showing: !json)
            if let output { try await write(computation.networkIfAny(of: ended), to: output) }
            return ended
        }
        printAnswer(asJSON: json, ended.json(), else: RunSummary(ended).text)
        if !json, options.isEmbedded, output == nil {
            print(
                "\nNothing of it is kept: --output FILE writes the network, --server keeps the run."
            )
        }
        try ended.checkSuccess()
    }

    private func write(_ network: Network?, to output: OutputFile) throws {
        guard let network else { return }
        try output.write(network.file(named: output.path))
    }
}

extension Run {
    /// Has the command end with 1 where the run, which has ended, didn't succeed.
    func checkSuccess() throws(ExitCode) {
        guard status != .succeeded else { return }
        if status == .interrupted {
            printError(
                "the service was stopped: the run goes on when it is back, and "
                    + "`nabla runs watch \(id)` follows it then")
        }
        throw ExitStatus.failure.code
    }
}

extension Computation {
    /// Begins a run and follows it to its end.
    ///
    /// - Throws: `ClientError` or `Problem` when the service can't be reached or refuses the run.
    func train(_ request: TrainRequest, showing: Bool) async throws -> Run {
        var display: ProgressDisplay?
        return try await train(request) { run in
            guard showing else { return }
            print("run \(run.id): \(run.parameters) parameters")
            display = ProgressDisplay(run)
        } onEvent: { event in
            display?.show(event)
        }
    }

    /// The network that a run has trained, or nil where it ended before there was one.
    fileprivate func networkIfAny(of run: Run) async throws -> Network? {
        do {
            return try await network(of: run)
        } catch  where run.status != .succeeded {
            return nil
        }
    }
}

extension Network {
    /// The bytes of a file of that name: JSON for `NAME.json`, safetensors for all others.
    func file(named name: String) throws -> [UInt8] {
        let network = try narrowed()
        return name.lowercased().hasSuffix(".json")
            ? network.json() + [UInt8(ascii: "\n")] : network.safetensors().bytes()
    }
}
