import Foundation
import NablaAPI
import Testing

/// Samples out of CSV files.
@Suite struct CSVOptionsTests {
    private static let network =
        #""network": {"layers": [{"weights": [[0.5, -0.25]], "bias": [0.125]}]}"#
    private static let csv = "x,y,target,share\n1,2,1,1\n3,-1,0,3\n"

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func files(_ request: String) throws -> (request: String, csv: String) {
        (
            try folder.write(request, to: "request.json"),
            try folder.write(Self.csv, to: "data.csv")
        )
    }

    private static let loss = #""loss": "mean_squared_error""#
    private static let inline = #""samples": {"inputs": [[1, 2], [3, -1]], "targets": [1, 0]"#

    @Test(arguments: ["gradients", "check", "train"])
    func theyStandForThoseOfTheRequest(_ command: String) throws {
        let (request, _) = try files("{\(Self.network), \(Self.loss)}")
        let csv = try folder.write("x,target,y\n1,1,2\n3,0,-1\n", to: "two.csv")
        let whole = try folder.write(
            "{\(Self.network), \(Self.loss), \(Self.inline)}}", to: "whole.json")
        let answer = { (arguments: [String]) in
            let result = try Program([command] + arguments + ["--json"]).wait()
            #expect(result.code == 0, "\(result.errors)")
            guard command == "train" else { return result.output }
            return "\(try Run(parsing: Array(result.output.utf8)).latest["loss"] ?? .nan)"
        }
        let expected = try answer([whole])
        #expect(try answer([request, "--data", csv, "--target", "target"]) == expected)
    }

    @Test func weightsAreAColumnToo() throws {
        let (request, csv) = try files("{\(Self.network), \(Self.loss)}")
        let whole = try folder.write(
            #"{\#(Self.network), \#(Self.loss), \#(Self.inline), "weights": [1, 3]}}"#,
            to: "whole.json")
        let expected = try Program.run("gradients", whole, "--json")
        let result = try Program.run(
            "gradients", request, "--data", csv, "--target", "target", "--weight", "share", "--json"
        )
        #expect(result.output == expected.output && result.code == 0, "\(result.errors)")
    }

    @Test func requestAndDataMayComeFromStandardInputOneAtATime() throws {
        let (request, csv) = try files("{\(Self.network), \(Self.loss)}")
        let data = ["--target", "target", "--weight", "share"]
        let expected = try Program(["gradients", request, "--data", csv] + data).wait()
        let text = try String(contentsOfFile: request, encoding: .utf8)
        let first = try Program(["gradients", "-", "--data", csv] + data, input: text).wait()
        let second = try Program(
            ["gradients", request, "--data", "-"] + data, input: Self.csv
        ).wait()
        #expect(first.output == expected.output && second.output == expected.output)
        #expect(expected.code == 0)
        let both = try Program(["gradients", "-", "--data", "-"] + data, input: text).wait()
        #expect(both.code == 64 && both.errors.contains("standard input"), "\(both.errors)")
    }

    @Test func inputsArePredictedRowByRow() throws {
        let (request, csv) = try files("{\(Self.network)}")
        let columns = ["--target", "target", "--target", "share"]
        let result = try Program(["predict", request, "--data", csv, "--json"] + columns).wait()
        #expect(result.output == #"{"outputs":[[0.125],[1.875]]}"# + "\n", "\(result.errors)")
    }

    @Test func whatIsWrongIsNamedWithItsFile() throws {
        let (request, csv) = try files("{\(Self.network), \(Self.loss)}")
        let twice = try folder.write(
            "{\(Self.network), \(Self.loss), \(Self.inline)}}", to: "twice.json")
        let text = try folder.write("x,y,target\n1,2,three\n", to: "text.csv")
        let missing = folder.file("missing.csv")
        for (arguments, code, says) in [
            (["--data", csv], 64, "--target"), (["--target", "target"], 64, "--data"),
            (["--data", csv, "--target", "goal"], 65, "the column \"goal\""),
            (["--data", text, "--target", "target"], 65, "text.csv: line 2"),
            (["--data", missing, "--target", "target"], 66, missing),
        ] as [([String], Int32, String)] {
            let result = try Program(["gradients", request] + arguments).wait()
            #expect(result.code == code && result.errors.contains(says), "\(result.errors)")
        }
        let result = try Program.run("train", twice, "--data", csv, "--target", "target")
        #expect(result.code == 65 && result.errors.contains("/samples"), "\(result.errors)")
        let network = try folder.write("", to: "network.safetensors")
        let inJSON = try folder.write(
            #"{"input_shape": [1], "layers": [{"weights": [[2]]}]}"#, to: "network.json")
        for network in [network, inJSON] {
            let noInputs = try Program.run("predict", network)
            #expect(noInputs.code == 64 && noInputs.errors.contains("--data"))
        }
        let wrong = try folder.write(#"{"layers": [{"weights": [[2]], "unit": 1}]}"#, to: "w.json")
        let refused = try Program.run("predict", wrong, "--data", csv)
        #expect(
            refused.code == 65 && refused.errors.contains("/layers/0/unit"), "\(refused.errors)")
    }
}
