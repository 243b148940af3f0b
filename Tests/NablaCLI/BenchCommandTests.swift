import NablaJSON
import Testing

@testable import NablaCLI

@Suite struct BenchCommandTests {
    private func numbers(
        _ arguments: [String]
    ) throws -> (loads: [(connections: Int, requests: Int, rate: Double)], training: Double?) {
        let result = try Program(["bench", "--json", "--seconds", "0.2"] + arguments).wait()
        #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
        let root = try JSONDocument(parsing: Array(result.output.utf8)).root.anyObject()
        let loads = try root.required("gradients").array().map { load in
            let object = try load.anyObject()
            let latencies = try object.required("latency_seconds").anyObject().map {
                try $0.value.double()
            }
            #expect(latencies == latencies.sorted() && latencies.allSatisfy { $0 > 0 })
            let requests = try object.required("requests").int()
            let rate = try object.required("requests_per_second").double()
            #expect(rate == Double(requests) / 0.2)
            return (connections: try object.required("connections").int(), requests, rate)
        }
        return (
            loads, try root["training"]?.anyObject().required("samples_per_second").double()
        )
    }

    @Test func thisProcessIsMeasured() throws {
        let (loads, training) = try numbers(["--connections", "1,3"])
        #expect(loads.map(\.connections) == [1, 3])
        #expect(loads.allSatisfy { $0.requests > 0 })
        #expect((training ?? 0) > 0)
    }

    @Test func aServiceIsMeasuredAndKeepsNoTrace() throws {
        let served = try ServedProgram()
        let (loads, training) = try numbers(["--connections", "2", "--server", served.address])
        #expect(loads.count == 1 && loads[0].requests > 0)
        #expect((training ?? 0) > 0)
        // As many as were counted at least, by the service's own counting.
        let answered = try served.metric(
            #"nabla_http_requests_total{route="/gradients",status="200"}"#)
        #expect((answered ?? 0) >= Double(loads[0].requests))
        #expect(try served.client.runs().runs.isEmpty)
    }

    @Test func theTableHasARowForEachNumberOfConnections() throws {
        let result = try Program.run(
            "bench", "--seconds", "0.1", "--connections", "1,2", "--no-training",
            "--request", example("xor.json"))
        let lines = result.output.split(separator: "\n")
        #expect(lines.first == "gradients of 4 samples, at this process")
        #expect(lines.count == 5 && !result.output.contains("steps/s"), "\(result.output)")
        #expect(lines[1].contains("PER SECOND") && lines[1].contains("P99"))
    }

    @Test func whatCantBeMeasuredIsRefused() throws {
        for arguments in [["--connections", "0"], ["--connections", "1,"], ["--seconds", "0"]] {
            #expect(try Program(["bench"] + arguments).wait().code == 64)
        }
        let wrong = try Program.run("bench", "--request", example("train_xor.json"))
        #expect(wrong.code == 65)
    }

    @Test func percentilesAreThoseOfTheNearestRank() throws {
        let load = try Load(callers: 1, seconds: 0.1) {}
        #expect(load.latencies.count > 2)
        #expect(load.percentile(0) == load.latencies.first)
        #expect(load.percentile(1) == load.latencies.last)
        let median = load.latencies[(load.latencies.count + 1) / 2 - 1]
        #expect(load.percentile(0.5) == median)
    }
}
