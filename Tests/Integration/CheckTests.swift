import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// `POST /check` over a real socket.
@Suite struct CheckTests {
    private static func example(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Document.root.appendingPathComponent("Examples/\(name)")))
    }

    @Test func theExampleIsToldItsTwoMistakes() throws {
        let request = try CheckRequest(parsing: Self.example("check_xor.json"))
        try withServer { server in
            let answer = try server.client.check(request)
            #expect(!answer.passes)
            #expect(
                answer.diagnosis == "layer 0 weights: transposed; layer 1 weights: sign flipped; "
                    + "the other tensors agree")
            #expect(answer.worst.pointer == "/layers/1/weights/0/1")
            #expect(answer.worst.claimed == -0.03461583394760365)
            #expect(abs(answer.worst.analytic - 0.03461583394760365) < 1e-15)
            #expect(abs(answer.worst.numeric - answer.worst.analytic) < 1e-9)
            #expect(answer.tensors.map(\.failures) == [2, 0, 2, 0])
            #expect(answer.tensors.map(\.pointer).contains("/layers/0/bias"))
        }
    }

    @Test func itsOwnAnswersPass() async throws {
        let gradients = try GradientsRequest(parsing: Self.example("xor.json"))
        try await withServer { server in
            var request = CheckRequest(
                network: gradients.network, loss: gradients.loss, samples: gradients.samples)
            let own = try await server.client.check(request)
            #expect(own.passes && own.worst.claimed == nil)
            #expect(
                own.diagnosis == "no claim: the service's own gradients agree with the differences")
            #expect(own.step == 1e-6 && own.rtol == 1e-5 && own.atol == 1e-8)
            request.gradients = try await server.client.gradients(gradients).gradients
            request.loss = request.loss.reduced(by: .mean)
            let claimed = try await server.client.check(request)
            #expect(claimed.passes && claimed.diagnosis == "the claim agrees with the differences")
            #expect(claimed.tensors.allSatisfy { $0.maximumRelativeError < 1e-7 })
        }
    }

    @Test func aCornerIsToldWithItsPlace() throws {
        let body = """
            {"network": {"layers": [{"weights": [[1, -1]], "activation": "relu"}]},
             "loss": "mean_squared_error", "samples": {"inputs": [[1, 1]], "targets": [1]}}
            """
        try withServer { server in
            let answer = try server.client.check(CheckRequest(parsing: Array(body.utf8)))
            #expect(answer.passes && answer.unreliableCount == 2)
            #expect(answer.unreliable.first?.pointer == "/layers/0/weights/0/0")
            #expect(
                answer.unreliable.first?.kink == CheckResponse.Kink(layer: 0, unit: 0, sample: 0))
        }
    }

    @Test func aRunsNetworkIsCheckedInFloat64() throws {
        try withServer { server in
            let train = try TrainingTests.request()
            let run = try server.client.train(train, waitSeconds: 30)
            let answer = try server.client.check(
                CheckRequest(network: .run(id: run.id), loss: train.loss, samples: train.samples))
            #expect(answer.passes, "\(answer.diagnosis)")
        }
    }

    @Test func aClaimOfAnotherShapeIsRefusedWithItsPlace() throws {
        var request = try CheckRequest(parsing: Self.example("check_xor.json"))
        request.gradients?[1] = LayerGradients(
            weights: try Tensor([1.0, 2, 3], shape: [1, 3]), bias: Tensor([1.0]))
        try withServer { [request] server in
            let error = #expect(throws: ClientError.self) { try server.client.check(request) }
            guard case .problem(let problem)? = error else {
                throw TestFailure("no problem: \(String(describing: error))")
            }
            #expect(problem.kind == .shapeMismatch && problem.kind.status == 422)
            #expect(problem.pointer == "/gradients/1/weights")
        }
    }
}
