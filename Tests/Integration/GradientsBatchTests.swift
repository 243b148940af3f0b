import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// `POST /gradients/batch` over a real socket.
@Suite struct GradientsBatchTests {
    /// A network of its own for each number: other widths, activations, losses and samples.
    static func request(_ number: Int) throws -> GradientsRequest {
        var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 23) - 1
        }
        func tensor(_ shape: Shape) throws -> Tensor {
            try Tensor((0..<shape[0] * shape[1]).map { _ in next() }, shape: shape)
        }
        let activations: [Activation] = [.tanh, .sigmoid, .gelu, .relu, .softplus]
        let (inputs, hidden, count) = (1 + number % 4, 1 + number % 5, 1 + number % 7)
        let network = try Network(layers: [
            Layer(
                .dense(
                    Dense(
                        weights: tensor([hidden, inputs]), bias: nil,
                        activation: activations[number % 5]))),
            Layer(
                .dense(
                    Dense(
                        weights: tensor([2, hidden]), bias: Tensor([next(), next()]),
                        activation: .identity))),
        ])
        return GradientsRequest(
            network: .inline(network),
            loss: try Loss(
                number % 2 == 0 ? .meanSquaredError : .huber(delta: 0.5),
                reduction: Reduction.allCases[number % 3]),
            samples: try Samples(inputs: tensor([count, inputs]), targets: tensor([count, 2])),
            dtype: number % 3 == 0 ? .float32 : .float64,
            encoding: number % 11 == 0 ? .base64 : .json,
            include: number % 4 == 0 ? [.outputs, .norms] : [])
    }

    @Test("a thousand networks, some wrong, to the bits of single requests", arguments: [1, 2, 8])
    func aThousandNetworks(_ workers: Int) throws {
        var requests = try (0..<1000).map(Self.request)
        // Of another shape than its network reads.
        let strange = try Samples(
            inputs: Tensor([1.0, 2, 3, 4, 5, 6, 7], shape: [1, 7]),
            targets: Tensor([1.0, 2], shape: [1, 2]))
        for index in stride(from: 7, to: 1000, by: 50) {
            requests[index].samples = .inline(strange)
        }
        try withServer { settings in
            settings.pool.workers = workers
        } _: { server in
            let results = try server.client.gradients(batch: requests)
            #expect(results.count == 1000)
            for (index, result) in results.enumerated() {
                switch result {
                case .success(let response):
                    #expect(index % 50 != 7)
                    guard index % 20 == 0 || index < 40 else { continue }
                    #expect(try server.client.gradients(requests[index]) == response)
                case .failure(let problem):
                    #expect(index % 50 == 7, "\(index): \(problem)")
                    #expect(problem.kind == .shapeMismatch && problem.kind.status == 422)
                    #expect(problem.pointer == "/samples/inputs")
                }
            }
        }
    }

    @Test func defaultsFillInWhatRequestsLack() throws {
        let body = """
            {"defaults": {"loss": "mean_squared_error", "dtype": "float32",
                          "network": {"layers": [{"weights": [[1, 1]]}]}},
             "requests": [
               {"samples": {"inputs": [[1, 2]], "targets": [1]}},
               {"samples": {"inputs": [[1, 2]], "targets": [1]}, "loss": "x"},
               {"samples": {"inputs": [[1, 2]], "targets": [1]},
                "network": {"layers": [{"weights": [[2, 2]]}]}},
               {},
               {"samples": {"inputs": [[1, 2]], "targets": [1]},
                "network": {"run": "0190a0a0-0000-7000-8000-000000000000"}}]}
            """
        try withServer { server in
            let answer = try RawConnection.post(
                body, to: Path.gradientsBatch, port: server.port)
            #expect(answer.status == 200)
            let results = try GradientsBatchCall.results(parsing: Array(answer.body.utf8))
            let losses = results.map { try? $0.get().loss.values(as: Double.self) }
            #expect(losses == [[4], nil, [25], nil, nil])
            let problems = results.map { result -> Problem? in
                guard case .failure(let problem) = result else { return nil }
                return problem
            }
            #expect(problems.map(\.?.kind.status) == [nil, 400, nil, 400, 404])
            #expect(problems.map(\.?.pointer) == [nil, "/loss", nil, "", "/network/run"])
        }
    }

    @Test func anEmptyBatchHasNoResults() async throws {
        try await withServer { server in
            let results = try await server.client.gradients(batch: [])
            #expect(results.isEmpty)
        }
    }

    @Test func moreRequestsThanTheSettingAllowsAreRefused() throws {
        try withServer { settings in
            settings.batchRequests = 2
        } _: { server in
            let request = try Self.request(1)
            #expect(try server.client.gradients(batch: [request, request]).count == 2)
            let error = #expect(throws: ClientError.self) {
                try server.client.gradients(batch: [request, request, request])
            }
            guard case .problem(let problem)? = error else {
                throw TestFailure("no problem: \(String(describing: error))")
            }
            #expect(problem.kind == .contentTooLarge && problem.pointer == "/requests")
        }
    }
}
