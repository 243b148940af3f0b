import Foundation
import NablaAPI
import NablaClient
import NablaGzip
import NablaNetworks
import Testing

/// What a client's calls look like on the wire.
@Suite struct WireTests {
    private static let width = 32

    /// A request whose answer is long enough to be compressed.
    private func request() throws -> GradientsRequest {
        let width = Self.width
        let dense = try Dense(
            weights: Tensor(
                [Double](repeating: 0.5, count: width * width), shape: [width, width]),
            bias: nil, activation: .tanh)
        let row = try Tensor([Double](repeating: 0.25, count: width), shape: [1, width])
        return GradientsRequest(
            network: .inline(try Network(layers: [Layer(.dense(dense))])),
            loss: try Loss(.meanSquaredError), samples: try Samples(inputs: row, targets: row))
    }

    @Test func answersComeCompressedToWhoeverTakesThem() async throws {
        try await withRecording { proxy, through, direct in
            let request = try request()
            let client = Client(ClientConfiguration(server: through, acceptsGzip: true))
            let answer = try await client.gradients(request)
            #expect(
                try await Client(ClientConfiguration(server: direct)).gradients(request) == answer)
            let exchange = try #require(proxy.exchanges.first)
            #expect(HTTPText(exchange.sent).field("Accept-Encoding") == "gzip")
            let received = HTTPText(exchange.received)
            #expect(received.field("Content-Encoding") == "gzip", "\(received.head)")
            let body = try Gzip.inflated(received.body, limit: .max)
            #expect(body.count > received.body.count)
            #expect(try GradientsResponse(parsing: body) == answer)
        }
    }

    @Test func nobodyElseIsSentCompressedAnswers() async throws {
        try await withRecording { proxy, through, _ in
            _ = try await Client(ClientConfiguration(server: through)).gradients(try request())
            let exchange = try #require(proxy.exchanges.first)
            #expect(HTTPText(exchange.sent).field("Accept-Encoding") == nil)
            #expect(HTTPText(exchange.received).field("Content-Encoding") == nil)
        }
    }

    /// Whichever encoding the request has.
    @Test(arguments: Encoding.allCases) func numbersTravelPacked(_ encoding: Encoding) async throws
    {
        try await withRecording { proxy, through, _ in
            var request = try request()
            request.encoding = encoding
            _ = try await Client(ClientConfiguration(server: through)).gradients(request)
            let exchange = try #require(proxy.exchanges.first)
            let sent = String(decoding: HTTPText(exchange.sent).body, as: UTF8.self)
            #expect(sent.contains(#""encoding":"base64""#))
            let received = String(decoding: HTTPText(exchange.received).body, as: UTF8.self)
            for (text, tensors) in [(sent, 3), (received, 1)] {
                #expect(text.components(separatedBy: #""base64":""#).count - 1 == tensors)
                // Nor are numbers written out beside them.
                #expect(!text.contains("[["))
            }
        }
    }

    /// Called again when the service likes, under the same key.
    @Test(arguments: ["503 Service Unavailable", "429 Too Many Requests"])
    func theServicesOwnWaitIsKept(_ status: String) async throws {
        let refusal =
            "HTTP/1.1 \(status)\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        try await withRecording(refusal: refusal) { proxy, through, direct in
            let request = TrainRequest(
                network: try self.request().network, loss: try Loss(.meanSquaredError),
                samples: try self.request().samples,
                settings: try TrainingSettings(
                    optimizer: .sgd(SGD(learningRate: 0.1)), epochs: 1, batchSize: 1))
            let run = try await Client(ClientConfiguration(server: through)).train(request)
            let refused = try #require(proxy.refusals.first)
            let sent = try #require(proxy.exchanges.first?.sent)
            let beginning = try #require(proxy.beginnings.first)
            #expect(proxy.exchanges.count == 1)
            #expect(refused.time.duration(to: beginning) >= .seconds(1))
            let key = try #require(refused.field("Idempotency-Key"))
            #expect(!key.isEmpty && HTTPText(sent).field("Idempotency-Key") == key)
            #expect(HTTPText(sent).body == HTTPText(refused.bytes).body)
            let runs = try await Client(ClientConfiguration(server: direct)).runs().runs
            #expect(runs.map(\.id) == [run.id])
        }
    }
}
