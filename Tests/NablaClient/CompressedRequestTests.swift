import Foundation
import NablaAPI
import NablaGzip
import NablaNetworks
import NablaService
import NablaSockets
import Testing

@testable import NablaClient

/// Requests that are sent in gzip where the client is told to.
@Suite struct CompressedRequestTests {
    private func request(samples count: Int) throws -> GradientsRequest {
        let dense = try Dense(
            weights: Tensor([0.5, -0.5], shape: [1, 2]), bias: Tensor([0.1]), activation: .sigmoid)
        return GradientsRequest(
            network: .inline(try Network(layers: [Layer(.dense(dense))])),
            loss: try Loss(.binaryCrossEntropy),
            samples: try Samples(
                inputs: Tensor([Double](repeating: 1, count: 2 * count), shape: [count, 2]),
                targets: Tensor([Double](repeating: 1, count: count))))
    }

    /// The service takes fewer bytes than the request has, but more than gzip leaves of it.
    @Test func theServiceReadsThem() async throws {
        try await withService({ $0.server.limits.bodyBytes = 10_000 }) { server in
            let request = try request(samples: 1000)
            #expect(request.json().count > 10_000)
            let compressing = Client(ClientConfiguration(server: server, compressesRequests: true))
            let answer = try await compressing.gradients(request)
            #expect(answer.samples == 1000)
            #expect(try blocking { try compressing.gradients(request) } == answer)
            let error = await #expect(throws: ClientError.self) {
                try await Client(ClientConfiguration(server: server)).gradients(request)
            }
            guard case .problem(let problem) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(problem.kind == .contentTooLarge)
        }
    }

    @Test func onlyWhatGetsSmallerIsCompressed() throws {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<2048).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        for (body, isCompressed) in [
            ([UInt8](repeating: 0, count: 1023), false), ([UInt8](repeating: 0, count: 1024), true),
            (random, false), (nil, false),
        ] {
            let message = Message(method: "PUT", path: "/datasets/a", body: body)
            let sent = message.compressed
            #expect((sent.fields == ["Content-Encoding: gzip"]) == isCompressed)
            #expect(sent.fields.isEmpty != isCompressed)
            #expect((sent.body == body) != isCompressed)
            if isCompressed { #expect(try Gzip.inflated(sent.body ?? [], limit: .max) == body) }
        }
    }

    private func blocking<Value>(_ body: () throws -> Value) rethrows -> Value { try body() }
}
