import Foundation
import NablaAPI
import Testing

@Suite struct GradientsCommandTests {
    @Test func aFileAndStandardInputGiveTheSame() throws {
        let served = try ServedProgram()
        let file = example("xor.json")
        let fromFile = try Program.run("gradients", file, "--json", "--server", served.address)
        #expect(fromFile.code == 0 && fromFile.errors.isEmpty, "\(fromFile.errors)")
        let fromInput = try Program.run(
            "gradients", "-", "--json", "--server", served.address,
            input: String(contentsOfFile: file, encoding: .utf8))
        #expect(fromInput.code == 0)
        #expect(fromInput.output == fromFile.output)
        let request = try GradientsRequest(parsing: Array(Data(contentsOf: URL(filePath: file))))
        let expected = try served.client.gradients(request)
        #expect(try GradientsResponse(parsing: Array(fromFile.output.utf8)) == expected)
    }

    @Test func theSummaryTellsLossAndEachTensor() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "gradients", "-", "--server", served.address,
            input: """
                {"network": {"layers": [{"weights": [[0.5, -0.25]], "bias": [0.125]}]},
                 "loss": "mean_squared_error",
                 "samples": {"inputs": [[1, 2], [3, -1]], "targets": [1, 0]}}
                """)
        #expect(result.code == 0)
        // ∂L/∂W = Σ (aᵢ − yᵢ)·xᵢ and ∂L/∂b = Σ (aᵢ − yᵢ), with a = (0.125, 1.875).
        let words = result.output.split(whereSeparator: { $0 == " " || $0 == "\n" })
        for expected in ["2.14062", "1×2,", "4.75", "-3.625", "1"] {
            #expect(words.contains(Substring(expected)), "\(expected) in \(result.output)")
        }
    }

    @Test func whatIsWrongWithTheFileIsToldWithItsNameAndPlace() throws {
        let folder = try TemporaryFolder()
        let missing = folder.file("missing.json")
        let unread = try Program.run("gradients", missing)
        #expect(unread.code == 66)
        #expect(unread.errorLines.count == 1 && unread.errors.contains(missing))
        let noFile = try Program.run("gradients", folder.path)
        #expect(noFile.code == 66 && noFile.errorLines.count == 1)
        #expect(noFile.errors.contains("\(folder.path) can't be read: it is a folder"))
        let cut = try folder.write(#"{"network":"#, to: "cut.json")
        let malformed = try Program.run("gradients", cut)
        #expect(malformed.code == 65)
        #expect(malformed.errorLines.count == 1)
        #expect(malformed.errors.contains("\(cut): at byte 11"), "\(malformed.errors)")
        let input = try Program.run("gradients", "-", input: #"{"network":"#)
        #expect(input.code == 65)
        #expect(input.errors.hasPrefix("Error: standard input: at byte 11"), "\(input.errors)")
        let wrong = try folder.write(
            #"{"network": {"layers": []}, "loss": "hinge", "samples": {}}"#, to: "wrong.json")
        let empty = try Program.run("gradients", wrong)
        #expect(empty.code == 65)
        #expect(empty.errors.contains("/network/layers"), "\(empty.errors)")
    }

    @Test func theServicesOwnProblemIsToldWithItsPlace() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "gradients", "-", environment: ["NABLA_SERVER": served.address],
            input: """
                {"network": {"run": "0190a0a0-0000-7000-8000-000000000000"}, "loss": "hinge",
                 "samples": {"inputs": [[1]], "targets": [1]}}
                """)
        #expect(result.code == 65)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("0190a0a0-0000-7000-8000-000000000000"))
        #expect(result.errors.contains("/network/run"))
    }

    @Test(
        "where no service is, one line says what to do",
        arguments: [
            ["gradients", example("xor.json")], ["train", example("train_xor.json")],
            ["runs", "list"],
            ["runs", "show", "x"], ["health"], ["check", example("check_xor.json")],
            ["datasets"], ["networks"], ["bench", "--seconds", "1"],
            ["demo", "--data", example("data/breast_cancer.csv")],
        ])
    func nobodyThere(_ arguments: [String]) throws {
        let result = try Program(arguments + ["--server", "127.0.0.1:1"]).wait()
        // A HEALTHCHECK may end with 0 or 1 alone.
        #expect(result.code == (arguments[0] == "health" ? 1 : 69))
        #expect(result.errorLines.count == 1, "\(result.errors)")
        for part in ["http://127.0.0.1:1", "nabla serve", "--server"] {
            #expect(result.errors.contains(part), "\(result.errors)")
        }
    }
}

extension GradientsCommandTests {
    @Test func theChainRuleIsWrittenOut() throws {
        let served = try ServedProgram()
        let file = example("xor.json")
        let english = try Program.run(
            "gradients", file, "--explain", "--server", served.address)
        #expect(english.code == 0 && english.errors.isEmpty, "\(english.errors)")
        let lines = english.output.split(separator: "\n").map(String.init)
        for formula in [
            "∂L/∂b₁ = 1/4 · Σ (a₂ − y) · w₂ · σ′(z₁)", "∂L/∂a₂ = 1/4 · (a₂ − y)/(a₂(1 − a₂))",
            "∂a₂/∂z₂ = a₂(1 − a₂)",
        ] {
            #expect(lines.contains(formula), "\(formula) in \(english.output)")
        }
        // A line for each of 4 samples and 2 layers.
        #expect(lines.count { $0.hasPrefix("  ∂L/∂z  [") } == 8)
        let chinese = try Program.run(
            "gradients", file, "--explain", "--language", "zh", "--server", served.address)
        #expect(chinese.output.contains("链式法则"))
    }
}
