import NablaAPI
import NablaClient
import NablaNetworks

// What sequential calls cost a program on NablaClient: asks for the gradients of XOR again and again, and
// prints the microseconds a call took, blocking and async.
//
//     nabla-bench-client SERVER COUNT

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2, let server = arguments.first,
    let count = arguments.last.flatMap({ Int($0) })
else {
    print("usage: nabla-bench-client SERVER COUNT")
    throw InvalidArguments()
}

struct InvalidArguments: Error {}

/// The request of Examples/xor.json.
let request = GradientsRequest(
    network: .inline(
        try Network(layers: [
            Layer(
                .dense(
                    Dense(
                        weights: Tensor([0.1, -0.2, 0.4, 0.3], shape: [2, 2]),
                        bias: Tensor([0.0, 0.1]), activation: .sigmoid))),
            Layer(
                .dense(
                    Dense(
                        weights: Tensor([0.7, -0.5], shape: [1, 2]), bias: Tensor([0.2]),
                        activation: .sigmoid))),
        ])),
    loss: try Loss(.binaryCrossEntropy),
    samples: try Samples(
        inputs: Tensor([0.0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2]),
        targets: Tensor([0.0, 1, 1, 0], shape: [4, 1])))

/// The microseconds a call takes since then.
func microseconds(since start: ContinuousClock.Instant) -> Double {
    let parts = start.duration(to: .now).components
    return (Double(parts.seconds) * 1e6 + Double(parts.attoseconds) * 1e-12) / Double(count)
}

/// The blocking calls: where nothing else can be called.
func blockingCalls(_ client: Client) throws -> Double {
    // The first connects, and isn't counted.
    _ = try client.gradients(request)
    let start = ContinuousClock.now
    for _ in 0..<count { _ = try client.gradients(request) }
    return microseconds(since: start)
}

func asyncCalls(_ client: Client) async throws -> Double {
    _ = try await client.gradients(request)
    let start = ContinuousClock.now
    for _ in 0..<count { _ = try await client.gradients(request) }
    return microseconds(since: start)
}

let client = Client(ClientConfiguration(server: server))
let blocking = try blockingCalls(client)
let suspending = try await asyncCalls(client)
print("{\"blocking_us_per_call\": \(blocking), \"async_us_per_call\": \(suspending)}")
