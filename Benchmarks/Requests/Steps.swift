import Dispatch
import Foundation
import NablaAPI
import NablaCore
import NablaJSON
import NablaNetworks
import NablaService
import Synchronization

/// Reads a file with the spare capacity that a server's body has, so that it's parsed in place.
func padded(_ file: String) throws -> [UInt8] {
    let data = try Data(contentsOf: URL(filePath: file))
    var body: [UInt8] = []
    body.reserveCapacity(data.count + 64)
    body += data
    return body
}

/// Computes what the request asks for, on the calling thread.
func compute(_ request: GradientsRequest, in workspace: Workspace) throws -> Gradients {
    guard case .inline(let network) = request.network else {
        throw Problem(.inconsistent, "the request has no network of its own", pointer: "/network")
    }
    guard let samples = request.samples.inline else {
        throw Problem(.inconsistent, "the request has no samples of its own", pointer: "/samples")
    }
    return try Gradients.compute(
        of: request.loss, network: network, samples: samples, dtype: request.dtype,
        including: [], workspace: workspace)
}

/// The answer to a request that includes nothing.
func answer(_ gradients: Gradients) -> GradientsResponse {
    GradientsResponse(
        loss: gradients.loss, gradients: gradients.layers,
        samples: gradients.samples, dtype: gradients.dtype)
}

extension WorkerPool {
    /// The microseconds that one of its workers takes to read the request, with whatever help of the
    /// others the service's endpoints have.
    func microseconds(reading body: [UInt8], for count: Int) throws -> Double {
        let outcome = Mutex<Result<Double, any Error>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        let parts = PartRunner(shardRunner)
        let isTaken = submit { _ in
            let time = Result {
                try nabla_bench_requests.microseconds(for: count) {
                    _ = try GradientsRequest(parsing: body, sharing: parts)
                }
            }
            outcome.withLock { $0 = time }
            isDone.signal()
        }
        guard isTaken else { throw CancellationError() }
        isDone.wait()
        return try outcome.withLock { try $0?.get() ?? .nan }
    }
}

/// The microseconds one call of `body` takes, timed over `count` of them together.
func microseconds(for count: Int, _ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let elapsed = try clock.measure { for _ in 0..<count { try body() } }
    let seconds =
        Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    return seconds * 1e6 / Double(count)
}

/// The middle of the values, the upper one of two.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
