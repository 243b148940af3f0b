import Testing

@Suite struct DemoCommandTests {
    @Test func withoutItsDataItBeginsNothing() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let file = folder.file("missing.csv")
        let result = try Program.run("demo", "--data", file, "--server", served.address)
        #expect(result.code == 66 && result.output.isEmpty && result.errorLines.count == 1)
        #expect(result.errors.contains("\(file) can't be read"), "\(result.errors)")
        #expect(result.errors.contains("--data"), "\(result.errors)")
        let words = try folder.write("benign,size\n1,large\n", to: "words.csv")
        let wrong = try Program.run("demo", "--data", words, "--server", served.address)
        #expect(wrong.code == 65 && wrong.output.isEmpty && wrong.errors.contains("line 2"))
    }

    @Test func itShowsGradientTrainingAndHistory() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "demo", "--data", example("data/breast_cancer.csv"), "--server", served.address)
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        for part in ["∂L/∂b₁", "epoch 60 of 60", "validation accuracy", "breast-cancer"] {
            #expect(result.output.contains(part), "\(part) in \(result.output)")
        }
    }
}
