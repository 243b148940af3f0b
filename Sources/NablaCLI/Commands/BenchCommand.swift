import ArgumentParser
import Foundation
import NablaAPI
import NablaClient
import NablaJSON
import NablaService

/// `nabla bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure gradient requests and training, at a service or in this process.",
        discussion: """
            Each connection makes its next request when it has the answer to the last. At a service, \
            writing requests and reading answers in this program counts, too; on the same machine it \
            takes processors from the service. In this process there is no HTTP, and a connection is a \
            thread.
            """)

    @Option(
        help:
            "The body of POST /gradients to measure (default: a network with 9 parameters on XOR).")
    var request: InputFile?

    @Option(
        help: "How many connections, several with commas: each is measured by itself.",
        transform: BenchCommand.counts)
    var connections = [1, 16]

    @Option(help: "How long each measurement lasts, in seconds.")
    var seconds = 5.0

    @Flag(inversion: .prefixedNo, help: "Measure training, too: a service keeps no trace of it.")
    var training = true

    @Flag(help: "Print the figures as JSON.")
    var json = false

    @OptionGroup var options: ComputationOptions

    private static let mostConnections = 1000

    private static func counts(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let count = Int(part), (1...mostConnections).contains(count) else {
                throw ValidationError(
                    "\(part) is no number of connections from 1 to \(mostConnections)")
            }
            return count
        }
    }

    func validate() throws {
        guard (0.1...3600).contains(seconds) else {
            throw ValidationError("--seconds must be from 0.1 to 3600")
        }
    }

    func run() async throws {
        let gradients = try gradientsRequest()
        let report = try await options.compute(callers: connections.max() ?? 1) { computation in
            // The first answer tells what is wrong with the request, before anything is measured.
            let samples = try await computation.gradients(gradients, language: nil).samples
            var report = BenchReport(place: place, samples: samples)
            for count in connections {
                report.loads.append(try load(of: count, gradients, at: computation))
            }
            if training {
                report.training = try await BenchTraining(at: computation, seconds: seconds)
            }
            return report
        }
        if json { printBytes(report.json()) } else { print(report.text) }
    }

    private var place: String {
        options.isEmbedded ? "this process" : ServerOptions.named(options.server) ?? ""
    }

    private func gradientsRequest() throws -> GradientsRequest {
        guard let request else { return try SeedExample.request() }
        return try Problem.inFile(request) { try GradientsRequest(parsing: request.read()) }
    }

    private func load(
        of connections: Int, _ request: GradientsRequest, at computation: Computation
    ) throws -> Load {
        switch computation {
        case .service(let client):
            return try Load(callers: connections, seconds: seconds) {
                _ = try client.gradients(request)
            }
        case .embedded(let service):
            let body = request.json()
            return try Load(callers: connections, seconds: seconds) {
                _ = try service.answer("POST", Path.gradients, body: body)
            }
        }
    }
}

/// What `nabla bench` has measured.
private struct BenchReport {
    /// Where.
    let place: String
    /// How many samples a request had.
    let samples: Int
    var loads: [Load] = []
    var training: BenchTraining?

    private static let shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]

    init(place: String, samples: Int) {
        self.place = place
        self.samples = samples
    }

    /// The report for people.
    var text: String {
        var table = Table(
            ["CONNECTIONS", "REQUESTS", "PER SECOND"] + Self.shares.map { $0.0.uppercased() }
                + ["MOST"],
            rightAligned: Set(0..<Self.shares.count + 4))
        for load in loads {
            table.add(
                ["\(load.callers)", "\(load.latencies.count)", rounded(load.perSecond)]
                    + Self.shares.map { milliseconds(load.percentile($0.1)) }
                    + [milliseconds(load.latencies.last ?? 0)])
        }
        var lines = ["gradients of \(samples) samples, at \(place)", "", table.text]
        if let training {
            lines += [
                "",
                "training, \(BenchTraining.workload):",
                "\(rounded(training.stepsPerSecond)) steps/s, "
                    + "\(rounded(training.samplesPerSecond)) samples/s over "
                    + duration(training.seconds),
            ]
        }
        return lines.joined(separator: "\n")
    }

    private func milliseconds(_ seconds: Double) -> String {
        String(format: "%.3f ms", seconds * 1000)
    }

    /// The report for programs: rates in 1/s, times in seconds.
    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("place")
        writer.string(place)
        writer.key("gradients")
        writer.beginArray()
        for load in loads { write(load, to: &writer) }
        writer.endArray()
        if let training {
            writer.key("training")
            writer.beginObject()
            for (key, value) in [
                ("seconds", training.seconds), ("steps_per_second", training.stepsPerSecond),
                ("samples_per_second", training.samplesPerSecond),
            ] {
                writer.key(escaping: key)
                writer.number(value)
            }
            writer.endObject()
        }
        writer.endObject()
        return writer.finish()
    }

    private func write(_ load: Load, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("connections")
        writer.int(load.callers)
        writer.key("seconds")
        writer.number(load.seconds)
        writer.key("requests")
        writer.int(load.latencies.count)
        writer.key("requests_per_second")
        writer.number(load.perSecond)
        writer.key("latency_seconds")
        writer.beginObject()
        for (name, share) in BenchReport.shares {
            writer.key(escaping: name)
            writer.number(load.percentile(share))
        }
        writer.key("most")
        writer.number(load.latencies.last ?? 0)
        writer.endObject()
        writer.endObject()
    }
}
