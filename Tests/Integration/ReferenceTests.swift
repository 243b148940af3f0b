import Foundation
import NablaAPI
import NablaJSON
import NablaNetworks
import Testing

/// Gradients and trainings computed with PyTorch, met over HTTP with the very requests of the files.
@Suite struct ReferenceTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Reference")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted()
    }()

    @Test func thereAreCases() {
        #expect(ReferenceTests.names.count >= 228)
    }

    /// One server for all cases: each is a request or two.
    @Test func areMet() throws {
        try withServer { server in
            for name in ReferenceTests.names { try meet(name, server) }
        }
    }

    private func meet(_ name: String, _ server: TestServer) throws {
        let data = try Data(contentsOf: ReferenceTests.folder.appending(path: name))
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let expected = try #require(file["expected"] as? [String: Any])
        let tolerance = Tolerance(
            name: name, relative: try #require(file["rtol"] as? Double),
            absolute: try #require(file["atol"] as? Double))
        let body = try JSONSerialization.data(
            withJSONObject: #require(file["request"] as? [String: Any]))
        let text = String(decoding: body, as: UTF8.self)
        if file["endpoint"] as? String == "/train" {
            try compareTraining(text, expected, tolerance, server)
        } else {
            try compareGradients(text, expected, tolerance, server)
        }
    }

    private func compareGradients(
        _ request: String, _ expected: [String: Any], _ tolerance: Tolerance, _ server: TestServer
    ) throws {
        let answer = try RawConnection.post(request, to: Path.gradients, port: server.port)
        guard answer.status == 200 else {
            Issue.record("\(tolerance.name): \(answer.body)")
            return
        }
        let found = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
        for (key, value) in expected {
            tolerance.expectClose(found[key], value, at: key)
        }
    }

    private func compareTraining(
        _ request: String, _ expected: [String: Any], _ tolerance: Tolerance, _ server: TestServer
    ) throws {
        let answer = try RawConnection.post(
            request, to: Path.train, port: server.port, fields: ["Prefer: wait=30"])
        guard answer.status == 200 else {
            Issue.record("\(tolerance.name): \(answer.body)")
            return
        }
        let run = try Run(parsing: Array(answer.body.utf8))
        #expect(run.status == .succeeded, "\(tolerance.name): \(run)")
        let losses = try server.client.metrics(ofRun: run.id, key: "loss")["loss"].map(\.value)
        tolerance.expectClose(losses, expected["loss_per_epoch"], at: "loss_per_epoch")
        let network = try RawConnection.get(Path.run(run.id, .network), port: server.port)
        let found = try JSONSerialization.jsonObject(with: Data(network.body.utf8))
        let layers = try #require((expected["network"] as? [String: Any])?["layers"] as? [Any])
        let foundLayers = try #require((found as? [String: Any])?["layers"] as? [Any])
        #expect(layers.count == foundLayers.count)
        for (index, pair) in zip(foundLayers, layers).enumerated() {
            let (found, wanted) = (pair.0 as? [String: Any], pair.1 as? [String: Any])
            for key in ["weights", "bias", "running_mean", "running_variance"]
            where wanted?[key] != nil {
                tolerance.expectClose(found?[key], wanted?[key], at: "layers/\(index)/\(key)")
            }
        }
    }
}

/// |found − expected| ≤ absolute + relative · |expected|, entry by entry, as NumPy's `allclose`.
struct Tolerance {
    /// The name of the case.
    let name: String
    let relative: Double
    let absolute: Double

    func expectClose(_ found: Any?, _ expected: Any?, at place: String) {
        switch (found, expected) {
        case (let found as [Any], let expected as [Any]):
            #expect(found.count == expected.count, "\(name): \(place)")
            for (index, pair) in zip(found, expected).enumerated() {
                expectClose(pair.0, pair.1, at: "\(place)/\(index)")
            }
        case (let found as [String: Any], let expected as [String: Any]):
            #expect(found.keys.sorted() == expected.keys.sorted(), "\(name): \(place)")
            for (key, value) in expected { expectClose(found[key], value, at: "\(place)/\(key)") }
        case (let found as NSNumber, let expected as NSNumber):
            let difference = abs(found.doubleValue - expected.doubleValue)
            let bound = absolute + relative * abs(expected.doubleValue)
            #expect(difference <= bound, "\(name): \(place): \(found) instead of \(expected)")
        default:
            Issue.record("\(name): \(place): \(String(describing: found))")
        }
    }
}
