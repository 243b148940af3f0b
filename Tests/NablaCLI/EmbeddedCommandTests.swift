import Foundation
import Glibc
import NablaAPI
import NablaNetworks
import Testing

/// gradients, check, predict and train without a service.
@Suite struct EmbeddedCommandTests {
    private static let predictXOR = """
        {"network": {"layers": [{"weights": [[0.1, -0.2], [0.4, 0.3]], "activation": "sigmoid"}]},
         "inputs": [[0, 0], [1, 1]]}
        """

    @Test func theAnswersAreThoseOfAService() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let predict = try folder.write(Self.predictXOR, to: "predict.json")
        let commands = [
            ["gradients", example("xor.json")], ["gradients", example("xor.json"), "--explain"],
            ["gradients", example("xor.json"), "--explain", "--language", "zh"],
            ["check", example("xor.json")], ["check", example("check_xor.json")],
            ["predict", predict],
        ]
        for command in commands {
            for form in [[], ["--json"]] {
                let alone = try Program(command + form).wait()
                let remote = try Program(command + form + ["--server", served.address]).wait()
                #expect(alone.output == remote.output, "\(command)")
                #expect(alone.code == remote.code && alone.errors == remote.errors)
                #expect(!alone.output.isEmpty)
            }
        }
    }

    @Test func whoNamesAServiceGetsItUnlessToldOtherwise() throws {
        let nobody = ["NABLA_SERVER": "127.0.0.1:1"]
        let command = ["gradients", example("xor.json")]
        #expect(try Program(command, environment: nobody).wait().code == 69)
        #expect(try Program(command + ["--embedded"], environment: nobody).wait().code == 0)
        #expect(try Program(command, environment: ["NABLA_SERVER": ""]).wait().code == 0)
        let both = try Program(command + ["--embedded", "--server", "127.0.0.1:1"]).wait()
        #expect(both.code == 64 && both.errors.contains("exclude each other"))
    }

    @Test func outputsAreATable() throws {
        let result = try Program.run("predict", "-", input: Self.predictXOR)
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows.first == ["SAMPLE", "OUTPUT", "0", "OUTPUT", "1"])
        // σ(0) = 1/2, σ(0.1 − 0.2) and σ(0.4 + 0.3).
        #expect(rows.suffix(2) == [["0", "0.5", "0.5"], ["1", "0.475021", "0.668188"]])
    }

    @Test func aProblemIsToldInAServicesWords() throws {
        let served = try ServedProgram()
        let request = """
            {"network": {"name": "none"}, "inputs": [[0, 0]]}
            """
        let alone = try Program.run("predict", "-", input: request)
        let remote = try Program.run("predict", "-", "--server", served.address, input: request)
        #expect(alone.code == 65 && alone.errorLines.count == 1)
        #expect(alone.errors == remote.errors && alone.errors.contains("/network/name"))
    }

    @Test func whereThereIsNoRoomForADatabaseOneLineSaysSo() throws {
        let folder = try TemporaryFolder()
        let result = try Program.run(
            "check", example("xor.json"), environment: ["TMPDIR": folder.file("missing")])
        #expect(result.code == 73 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains(folder.file("missing")) && result.errors.contains("TMPDIR"))
    }

    @Test func theBoundsAreThoseOfTheSettings() throws {
        let command = ["check", example("xor.json")]
        let bound = ["NABLA_LIMITS_CHECK_PRODUCTS": "10"]
        let refused = try Program(command, environment: bound).wait()
        #expect(refused.code == 65 && refused.errors.contains("at most 10"), "\(refused.errors)")
        // Two samples of two outputs.
        for (most, code) in [("4", 0), ("3", 65)] {
            let predicted = try Program(
                ["predict", "-"], environment: ["NABLA_LIMITS_RESULT_NUMBERS": most],
                input: Self.predictXOR
            ).wait()
            #expect(predicted.code == Int32(code), "\(predicted.errors)")
            #expect(predicted.errors.contains("3 are the most") == (code == 65))
        }
        let wrong = try Program(command, environment: ["NABLA_POOL_WORKERS": "none"]).wait()
        #expect(wrong.code == 78 && wrong.errors.contains("NABLA_POOL_WORKERS"))
    }
}

extension EmbeddedCommandTests {
    private func train(_ arguments: String..., in folder: TemporaryFolder) throws -> Program.Result
    {
        try Program(["train"] + arguments, environment: ["TMPDIR": folder.path]).wait()
    }

    @Test func aRunIsThatOfAService() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let alone = try train(example("train_xor.json"), "--json", in: folder)
        let remote = try Program.run(
            "train", example("train_xor.json"), "--json", "--server", served.address)
        #expect(alone.code == 0 && alone.errors.isEmpty, "\(alone.errors)")
        let runs = try [alone, remote].map { try Run(parsing: Array($0.output.utf8)) }
        #expect(runs[0].status == .succeeded && runs[0].progress.epoch == 500)
        // The same request and seed give the same bits.
        #expect(runs[0].latest == runs[1].latest && runs[0].best == runs[1].best)
        #expect(runs[0].request == runs[1].request)
        // Nothing is left of it.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func itTellsEveryTenthAndThatNothingIsKept() throws {
        let folder = try TemporaryFolder()
        let result = try train(example("train_xor.json"), in: folder)
        #expect(result.code == 0)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasSuffix(": 17 parameters") == true)
        let epochs = lines.filter { $0.hasPrefix("epoch ") }
        #expect(epochs.count == 10, "\(result.output)")
        #expect(epochs.last?.hasPrefix("epoch 500 of 500  loss ") == true)
        #expect(lines.last?.contains("--output") == true)
    }

    @Test(arguments: ["xor.safetensors", "xor.json"])
    func theTrainedNetworkIsWritten(_ name: String) throws {
        let (folder, output) = (try TemporaryFolder(), try TemporaryFolder())
        let file = output.file(name)
        let result = try train(example("train_xor.json"), "--output", file, in: folder)
        #expect(result.code == 0 && !result.output.contains("--output"), "\(result.errors)")
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        let network =
            name.hasSuffix(".json")
            ? try Network(parsing: bytes, as: .float32) : try Network(Safetensors(parsing: bytes))
        #expect(network.parameterCount == 17)
        let served = try ServedProgram()
        let csv = try output.write("a,b\n0,0\n0,1\n1,0\n1,1\n", to: "inputs.csv")
        for place in [["--embedded"], ["--server", served.address]] {
            let predicted = try Program(["predict", file, "--data", csv, "--json"] + place).wait()
            let outputs = try PredictResponse(parsing: Array(predicted.output.utf8), as: .float64)
                .outputs.values(as: Double.self)
            #expect(outputs.map { $0.rounded() } == [0, 1, 1, 0], "\(predicted.errors)")
        }
        guard name.hasSuffix(".json") else { return }
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let piped = try Program(["predict", "-", "--data", csv], input: text).wait()
        #expect(piped.code == 0, "\(piped.errors)")
    }

    private static let endless = """
        {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "epochs": 100000000,
         "loss": "mean_squared_error", "samples": {"inputs": [[1]], "targets": [1]}}
        """

    @Test func anOutputThatCantBeWrittenIsNamedBeforeTheTraining() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        for file in [folder.file("missing") + "/network.safetensors", folder.path] {
            for place in [["--embedded"], ["--server", served.address]] {
                let result = try Program(
                    ["train", "-", "--output", file] + place, input: Self.endless
                ).wait()
                #expect(result.code == 73 && result.errorLines.count == 1, "\(result.errors)")
                #expect(result.errors.contains(file) && result.output.isEmpty)
            }
        }
        let unnamed = try Program(["train", "-", "--output", ""], input: Self.endless).wait()
        #expect(unnamed.code == 64 && unnamed.output.isEmpty, "\(unnamed.errors)")
        #expect(try served.client.runs().runs.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func aPipeIsWrittenToAndNotReplaced() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("network.json")
        #expect(mkfifo(path, 0o600) == 0)
        // Open for both, so that nobody waits for the other end.
        let pipe = open(path, O_RDWR | O_NONBLOCK)
        defer { close(pipe) }
        let result = try Program.run("train", example("train_xor.json"), "--output", path)
        #expect(result.code == 0, "\(result.errors)")
        var bytes = [UInt8](repeating: 0, count: 65_536)
        bytes.removeLast(bytes.count - max(0, read(pipe, &bytes, bytes.count)))
        #expect(try Network(parsing: bytes, as: .float32).parameterCount == 17)
    }

    @Test func noLineIsPrintedTwice() throws {
        let folder = try TemporaryFolder()
        let request = try folder.write(
            Self.endless.replacing("100000000", with: "3"), to: "three.json")
        let result = try train(request, in: folder)
        let epochs = result.output.split(separator: "\n").filter { $0.hasPrefix("epoch ") }
        #expect(epochs.map { $0.prefix(12) } == (1...3).map { "epoch \($0) of 3" })
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func whoEndsItGetsACancelledRun(_ signal: Int32) throws {
        let folder = try TemporaryFolder()
        let file = folder.file("network.safetensors")
        let program = try Program(
            ["train", "-", "--output", file],
            environment: ["TMPDIR": folder.path],
            input: Self.endless)
        try waitUntil("the run to begin") { program.output.contains("parameters") }
        program.signal(signal)
        let result = try program.wait()
        #expect(result.code == 1)
        #expect(result.output.contains("cancelled"), "\(result.output) \(result.errors)")
        // Its database is gone; a network is there if an epoch had ended.
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left.isEmpty || left == ["network.safetensors"], "\(left)")
    }
}
