import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import Testing

/// Datasets and networks that are stored, and named in requests, over real HTTP.
@Suite struct StoredTests {
    private func problem<Value>(_ body: () throws -> Value) -> Problem? {
        let error = #expect(throws: ClientError.self) { try body() }
        guard case .problem(let problem) = error else { return nil }
        return problem
    }

    private static let xor = """
        {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": [0, 1, 1, 0]}
        """
    private static let csv = "a,\"b\",t\r\n0,0,0\r\n0,1,1\r\n\r\n1,0,1\r\n\"1\",1,0\r\n"

    @Test func theSameSamplesLieOnceHoweverTheyCame() throws {
        try withServer { server in
            let client = server.client
            let request = try TrainingTests.request()
            let samples = try #require(request.samples.inline)
            let sent = try client.put(dataset: samples, named: "sent")
            let json = try ContractTests.send("PUT", "/datasets/json", Self.xor, to: server)
            #expect(json.status == 201 && json.fields["location"] == "/datasets/json")
            let written = try Dataset(parsing: Array(json.body.utf8))
            let table = try client.put(csv: Array(Self.csv.utf8), targets: ["t"], named: "table")
            #expect(sent.sha256 == written.sha256 && sent.sha256 == table.sha256)
            #expect(sent.samples == 4 && sent.inputShape == [2] && sent.targetShape == [])
            #expect(!sent.hasWeights && Set([sent.id, written.id, table.id]).count == 3)
            // Again under the same name it is the same dataset; with others another one.
            let again = try ContractTests.send("PUT", "/datasets/json", Self.xor, to: server)
            #expect(again.status == 200)
            #expect(try Dataset(parsing: Array(again.body.utf8)) == written)
            let other = try client.put(
                csv: Array("t,w,x\n1,2,0.1\n".utf8), targets: ["t"], weight: "w", named: "json")
            #expect(other.id != written.id && other.hasWeights && other.sha256 != sent.sha256)
            #expect(try client.datasets().datasets.map(\.name) == ["json", "sent", "table"])
            let content = try #require(
                try client.dataset(sent.id, withSamples: true).content)
            #expect(
                content.inputs.values(as: Double.self) == samples.inputs.values(as: Double.self))
            #expect(
                try client.dataset("json", withSamples: true).content?.inputs
                    == Tensor([0.1], shape: [1, 1]))
        }
    }

    @Test func aDatasetAnswersAsItsSamplesDo() throws {
        try withServer { server in
            let client = server.client
            var request = try TrainingTests.request(epochs: 20)
            let samples = try #require(request.samples.inline)
            let dataset = try client.put(dataset: samples, named: "xor")
            request.validation = .samples(.inline(samples))
            let inline = try client.train(request, waitSeconds: 30)
            request.samples = .dataset("xor")
            request.validation = .samples(.dataset(dataset.id))
            let named = try client.train(request, waitSeconds: 30)
            #expect(named.latest == inline.latest && named.status == .succeeded)
            #expect(
                try client.network(ofRun: named.id, as: .float32)
                    == client.network(ofRun: inline.id, as: .float32))
            #expect(named.request.contains(#""samples":{"count":4,"dataset":"xor"}"#))
            let network = NetworkSource.run(id: named.id)
            let loss = try Loss(.binaryCrossEntropy)
            let source = SamplesSource.dataset("xor")
            #expect(
                try client.gradients(
                    GradientsRequest(network: network, loss: loss, samples: source))
                    == client.gradients(
                        GradientsRequest(network: network, loss: loss, samples: samples)))
            #expect(
                try client.check(CheckRequest(network: network, loss: loss, samples: source)).passes
            )
            let batch = try client.gradients(batch: [
                GradientsRequest(network: network, loss: loss, samples: source),
                GradientsRequest(network: network, loss: loss, samples: .dataset("none")),
                GradientsRequest(network: network, loss: loss, samples: source),
            ])
            #expect(try batch[0].get() == batch[2].get())
            #expect(throws: Problem.self) { try batch[1].get() }
            request.validation = .samples(.dataset("gone"))
            let refused = problem { try client.train(request) }
            #expect(refused?.kind == .notFound && refused?.pointer == "/validation/dataset")
            #expect(
                try client.runs(RunsQuery(filter: "params.samples.dataset = 'xor'")).runs.map(\.id)
                    == [named.id])
        }
    }

    @Test func aDatasetStaysWhileARunNeedsIt() throws {
        try withServer { server in
            let client = server.client
            var request = try ContractTests.endless()
            let samples = try #require(request.samples.inline)
            _ = try client.put(dataset: samples, named: "needed")
            request.samples = .dataset("needed")
            let run = try client.train(request)
            let refused = problem { try client.delete(dataset: "needed") }
            #expect(refused?.kind == .conflict && refused?.detail.contains(run.id) == true)
            // Under another name the samples are still there.
            _ = try client.put(dataset: samples, named: "other")
            try client.delete(dataset: "needed")
            #expect(problem { try client.delete(dataset: "other") }?.kind == .conflict)
            // A name may get other samples: the run keeps its own.
            _ = try client.put(csv: Array("x,t\n1,2\n".utf8), targets: ["t"], named: "other")
            _ = try client.cancel(run: run.id)
            try client.delete(dataset: "other")
            #expect(try client.datasets().datasets.isEmpty)
            #expect(problem { try client.dataset("other") }?.kind == .notFound)
        }
    }

    @Test func aStoredNetworkIsNamedWhereverOneIsExpected() throws {
        try withServer { server in
            let client = server.client
            let request = try TrainingTests.request(epochs: 30)
            let run = try client.train(request, waitSeconds: 30)
            let network = try client.network(ofRun: run.id, as: .float32)
            let described = try client.put(network: .run(id: run.id), named: "best")
            #expect(described.parameters == 17 && described.layers == 2)
            #expect(described.inputShape == [2] && described.outputShape == [1])
            #expect(try client.network(named: "best", as: .float32) == network)
            // It outlives the run.
            try client.delete(run: run.id)
            _ = try client.put(network: .stored(name: "best"), named: "copy")
            _ = try client.put(network: .inline(network), named: "inline")
            let inputs = try Tensor([0.0, 1, 1, 1], shape: [2, 2])
            let sources: [NetworkSource] = [
                .stored(name: "best"), .stored(name: "copy"), .stored(name: "inline"),
                .inline(network),
            ]
            let answers = try sources.map {
                try client.predict(
                    PredictRequest(network: $0, inputs: inputs, dtype: .float32))
            }
            #expect(answers.allSatisfy { $0 == answers[3] })
            var more = request
            more.network = .stored(name: "best")
            let trained = try client.train(more, waitSeconds: 30)
            #expect(trained.request.contains(#""network_name":"best""#))
            let page = try client.networks()
            #expect(
                page.networks.map(\.name) == ["best", "copy", "inline"] && page.nextCursor == nil)
            let first = try ContractTests.send("GET", "/networks?limit=2", to: server)
            let list = try StoredNetworkList(parsing: Array(first.body.utf8))
            #expect(list.networks.count == 2 && list.nextCursor == "copy")
            #expect(try client.networks(after: "copy").networks.map(\.name) == ["inline"])
            try client.delete(network: "best")
            #expect(problem { try client.network(named: "best", as: .float32) }?.kind == .notFound)
        }
    }

    @Test func aNetworkWithoutNumbersIsStoredToBeTrained() throws {
        try withServer { server in
            let client = server.client
            var request = try TrainingTests.request(epochs: 10)
            let drawn = try client.train(request, waitSeconds: 30)
            let body = """
                {"input_shape": [2], "layers": [{"units": 4, "activation": "tanh"},
                 {"units": 1, "activation": "sigmoid"}]}
                """
            let put = try ContractTests.send("PUT", "/networks/plan", body, to: server)
            #expect(put.status == 201, "\(put.body)")
            request.network = .stored(name: "plan")
            let named = try client.train(request, waitSeconds: 30)
            #expect(named.latest == drawn.latest)
        }
    }

    @Test func networksGoOutAndInAsSafetensors() throws {
        try withServer { server in
            let client = server.client
            let run = try client.train(TrainingTests.request(epochs: 30), waitSeconds: 30)
            let path = Path.run(run.id, .network) + "?format=safetensors"
            let answer = try RawConnection.get(path, port: server.port)
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/octet-stream")
            let file = try Safetensors(parsing: answer.content)
            #expect(
                file.tensors.map(\.name) == [
                    "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                ])
            #expect(file.tensors.map(\.tensor.shape) == [[4, 2], [4], [1, 4], [1]])
            let network = try client.network(ofRun: run.id, as: .float32)
            #expect(try Network(file) == network)
            #expect(try client.safetensors(ofRun: run.id) == answer.content)
            let stored = try RawConnection.put(
                answer.content, to: "/networks/back", type: Safetensors.mediaType, port: server.port
            )
            #expect(stored.status == 201, "\(stored.body)")
            #expect(try client.network(named: "back", as: .float32) == network)
            let again = try RawConnection.get(
                "/networks/back?format=safetensors", port: server.port)
            #expect(again.content == answer.content)
            #expect(try client.safetensors(ofNetwork: "back") == answer.content)
            try client.put(safetensors: answer.content, named: "front")
            #expect(try client.network(named: "front", as: .float32) == network)
            #expect(try client.networks(limit: 1).networks.map(\.name) == ["back"])
        }
    }

    /// A command of Python's that has the safetensors package; nil where there is none.
    private static let python: String? = {
        let own = Reference.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: ".peers/venv/bin/python").path
        return ["python3", own].first { command in
            (try? run([command, "-c", "import numpy, safetensors"]).status) == 0
        }
    }()

    private static func run(_ words: [String]) throws -> (status: Int32, output: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(.enabled(if: python != nil, "Python's safetensors package isn't installed"))
    func thePythonPackageReadsWhatIsGiven() throws {
        try withServer { server in
            var request = try TrainingTests.request()
            request.network = .inline(
                try Network(
                    inputShape: [2],
                    layers: [
                        Layer(.dense(Dense(units: 3, activation: .relu))),
                        Layer(.batchNormalization(BatchNormalization())),
                        Layer(.dense(Dense(units: 1, activation: .sigmoid))),
                    ]))
            request.settings = try TrainingSettings(
                optimizer: .adam(Adam()), epochs: 20, batchSize: 2)
            let run = try server.client.train(request, waitSeconds: 30)
            #expect(run.status == .succeeded)
            let check = Reference.folder.appending(path: "safetensors/check.py").path
            let (status, output) = try Self.run([
                try #require(Self.python), check, "http://127.0.0.1:\(server.port)", run.id,
            ])
            #expect(status == 0, "\(output)")
            #expect(output.hasPrefix("8 tensors agree: layers.0.bias, "), "\(output)")
        }
    }

    /// Files that the Python package wrote, from Tests/Reference/safetensors/generate.py.
    @Test func filesOfThePythonPackageAreRead() throws {
        try withServer { server in
            let folder = Reference.folder.appending(path: "safetensors")
            let file = try [UInt8](Data(contentsOf: folder.appending(path: "dense.safetensors")))
            let put = try RawConnection.put(
                file, to: "/networks/python?activations=tanh,sigmoid", type: Safetensors.mediaType,
                port: server.port)
            #expect(put.status == 201, "\(put.body)")
            let network = try server.client.network(named: "python", as: .float32)
            try server.client.put(
                safetensors: file, activations: ["tanh", "sigmoid"], named: "again")
            #expect(try server.client.network(named: "again", as: .float32) == network)
            // weight[j][i] = (3·j + i) / 8, bias[j] = −j / 4; then a row of ones in float64.
            let expected = try Network(layers: [
                Layer(
                    .dense(
                        Dense(
                            weights: Tensor((0..<6).map { Float($0) / 8 }, shape: [2, 3]),
                            bias: Tensor([Float(0), -0.25]), activation: .tanh))),
                Layer(
                    .dense(
                        Dense(
                            weights: Tensor([Float(1), 1], shape: [1, 2]), bias: nil,
                            activation: .sigmoid))),
            ])
            #expect(network == expected)
            let wrong = try RawConnection.put(
                file, to: "/networks/python?activations=tanh", type: Safetensors.mediaType,
                port: server.port)
            #expect(wrong.status == 400 && wrong.body.contains("2 dense layers"))
            let half = try [UInt8](Data(contentsOf: folder.appending(path: "half.safetensors")))
            let refused = try RawConnection.put(
                half, to: "/networks/half", type: Safetensors.mediaType, port: server.port)
            #expect(refused.status == 422 && refused.body.contains("F16"), "\(refused.body)")
        }
    }
}

/// What other implementations gave.
enum Reference {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Reference")
}

extension RawConnection {
    /// Puts bytes on a connection of their own and gives the answer.
    static func put(
        _ body: [UInt8], to path: String, type: String, port: UInt16
    ) throws -> Answer {
        let connection = try RawConnection(port: port)
        let head = [
            "PUT \(path) HTTP/1.1", "Host: test", "Content-Type: \(type)",
            "Content-Length: \(body.count)", "Connection: close", "", "",
        ]
        connection.send(Array(head.joined(separator: "\r\n").utf8) + body)
        return try Answer(connection.receive())
    }
}
