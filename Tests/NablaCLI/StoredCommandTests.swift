import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// `nabla datasets` and `nabla networks`.
@Suite struct StoredCommandTests {
    private let served: ServedProgram
    private let folder: TemporaryFolder

    init() throws {
        served = try ServedProgram()
        folder = try TemporaryFolder()
    }

    private func nabla(_ arguments: String...) throws -> Program.Result {
        try Program(arguments + ["--server", served.address]).wait()
    }

    /// The words of the last line.
    private func row(_ result: Program.Result) -> [String] {
        #expect(result.code == 0, "\(result.errors)")
        return (result.output.split(separator: "\n").last ?? "").split(separator: " ")
            .map(String.init)
    }

    @Test func samplesAreStoredFromEveryFormat() throws {
        let csv = try folder.write("x,y,goal,share\n1,2,0,1\n3,4,1,2\n", to: "a.csv")
        let json = try folder.write(
            #"{"inputs": [[1, 2], [3, 4]], "targets": [0, 1], "weights": [1, 2]}"#, to: "a.json")
        let samples = try Samples(
            parsing: Array(Data(contentsOf: URL(fileURLWithPath: json))), as: .float64)
        let tensors = folder.file("a.safetensors")
        try Data(samples.safetensors().bytes()).write(to: URL(fileURLWithPath: tensors))
        let first = row(
            try nabla("datasets", "add", "one", csv, "--target", "goal", "--weight", "share"))
        #expect(first.prefix(5) == ["one", "2", "2", "1", "yes"], "\(first)")
        #expect(
            row(try nabla("datasets", "add", "two", json)).prefix(5) == [
                "two", "2", "2", "1", "yes",
            ])
        #expect(row(try nabla("datasets", "add", "three", tensors)).first == "three")
        let list = try nabla("datasets", "list", "--json")
        let stored = try DatasetList(parsing: Array(list.output.utf8)).datasets
        #expect(stored.map(\.name) == ["one", "three", "two"])
        // The same samples, whatever they came as.
        #expect(Set(stored.map(\.sha256)).count == 1)

        let shown = try nabla("datasets", "show", "two", "--json", "--samples")
        #expect(try Dataset(parsing: Array(shown.output.utf8)).content == samples)
        #expect(row(try nabla("datasets", "show", "two")).first == "two")
        #expect(try nabla("datasets", "delete", "one").output == "one is deleted\n")
        #expect(try nabla("datasets", "show", "one").code == 65)
        #expect(try nabla("datasets").output.split(separator: "\n").count == 4)
    }

    @Test func whatIsNoDatasetIsRefusedWithItsFile() throws {
        let csv = try folder.write("x,goal\n1,one\n", to: "a.csv")
        #expect(try nabla("datasets", "add", "one", csv).code == 64)
        let text = try nabla("datasets", "add", "one", csv, "--target", "goal")
        #expect(text.code == 65 && text.errors.contains("\(csv): line 2"), "\(text.errors)")
        let name = try folder.write("x,goal\n1,2\n", to: "b.csv")
        #expect(try nabla("datasets", "add", "a b", name, "--target", "goal").code == 65)
        #expect(
            try nabla("datasets").output == "no datasets: nabla datasets add NAME FILE stores one\n"
        )
    }

    @Test func networksAreStoredShownAndWritten() throws {
        let json = try folder.write(
            #"{"layers": [{"weights": [[1, 2], [3, 4], [5, 6]], "bias": [0, 0, 1], "activation": "relu"}]}"#,
            to: "a.json")
        let network = try Network(
            parsing: Array(Data(contentsOf: URL(fileURLWithPath: json))), as: .float64)
        let first = row(try nabla("networks", "add", "one", json))
        #expect(first.prefix(5) == ["one", "2", "3", "1", "9"], "\(first)")
        for name in ["b.safetensors", "b.json"] {
            let file = folder.file(name)
            #expect(try nabla("networks", "get", "one", "--output", file).code == 0)
            #expect(row(try nabla("networks", "add", "two", file, "--json")).count == 1)
            #expect(try served.client.network(named: "two", as: .float64) == network)
        }
        let printed = try nabla("networks", "get", "one")
        #expect(try Network(parsing: Array(printed.output.utf8), as: .float64) == network)
        let layers = try nabla("networks", "show", "one").output.split(separator: "\n")
        #expect(layers[2].split(separator: " ") == ["0", "dense", "relu", "3", "3×2", "3"])
        #expect(layers.last == "9 parameters, inputs 2")
        #expect(try nabla("networks", "list").output.split(separator: "\n").count == 4)
        #expect(try nabla("networks", "delete", "one").code == 0)
        #expect(try nabla("networks", "show", "one").code == 65)
    }

    @Test func theNetworkOfARunIsStored() throws {
        let result = try nabla("train", example("train_xor.json"), "--json")
        let run = try Run(parsing: Array(result.output.utf8))
        #expect(row(try nabla("networks", "add", "xor", "--run", run.id)).first == "xor")
        #expect(
            try served.client.network(named: "xor", as: .float32)
                == served.client.network(ofRun: run.id, as: .float32))
        #expect(try nabla("networks", "add", "xor").code == 64)
        #expect(try nabla("networks", "add", "xor", "a.json", "--run", run.id).code == 64)
    }
}
