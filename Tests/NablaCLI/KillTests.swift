import Dispatch
import Foundation
import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Synchronization
import Testing

@testable import NablaService

/// Servers that are killed at random moments, again and again, on the same data.
@Suite struct KillTests {
    private static let lanes = 4
    private static let killsPerLane = 50
    /// How often a lane is killed on a machine that is so slow that little happened before.
    private static let mostKillsPerLane = 200

    @Test func whatWasAcknowledgedSurvives200Kills() throws {
        let request = try TrainRequest.restorable(.adam(Adam(learningRate: 0.01)), epochs: 300)
        let folder = try TemporaryFolder()
        let undisturbed = try Self.undisturbed(request, in: folder)
        #expect(undisturbed.metrics["loss"]?.count == 300)
        let found = Mutex(Findings())
        DispatchQueue.concurrentPerform(iterations: Self.lanes) { number in
            do {
                var lane = try Lane(number)
                while lane.findings.kills < Self.killsPerLane
                    || !lane.hasSeenEnough && lane.findings.kills < Self.mostKillsPerLane
                {
                    try lane.killOnce(request)
                }
                try lane.finish(expecting: undisturbed)
                found.withLock { $0.add(lane.findings) }
            } catch {
                found.withLock { $0.complaints.append("lane \(number): \(error)") }
            }
        }
        let all = found.withLock(\.self)
        #expect(all.complaints == [])
        #expect(all.kills >= 200)
        // Else it would show nothing.
        #expect(all.acknowledged >= 100 && all.heard >= 52 && all.cutOff >= 52, "\(all)")
    }

    /// What becomes of the request where nothing is killed.
    private static func undisturbed(
        _ request: TrainRequest, in folder: TemporaryFolder
    ) throws -> LeftDatabase.Outcome {
        let served = try ServedProgram()
        let run = try served.client.train(request, waitSeconds: 30)
        #expect(run.status == .succeeded)
        try served.expectGoodEnd()
        return try LeftDatabase(of: served.data, in: folder, named: "undisturbed")
            .outcome(of: run.id).outcome
    }
}

/// What was seen while servers were killed.
private struct Findings: Sendable {
    var kills = 0
    /// Runs of which a 202 came.
    var acknowledged = 0
    /// `metrics` events that came.
    var heard = 0
    /// Runs that kills found waiting or under way.
    var cutOff = 0
    /// What isn't as it must be.
    var complaints: [String] = []

    mutating func add(_ other: Findings) {
        kills += other.kills
        acknowledged += other.acknowledged
        heard += other.heard
        cutOff += other.cutOff
        complaints += other.complaints
    }
}

/// One data folder and the servers that are killed on it, one after another.
private struct Lane {
    private static let environment = [
        "NABLA_TRAINING_CHECKPOINT_SECONDS": "0", "NABLA_TRAINING_SLICE_MILLISECONDS": "1",
        "NABLA_POOL_WORKERS": "1",
        // A run is killed more often here than one that isn't to blame.
        "NABLA_TRAINING_RESTARTS": "1000000",
    ]

    private let folder: TemporaryFolder
    private let data: String
    private let number: Int
    /// Whose draws the lane's number decides, so that a failure can be had again.
    private var generator: SplitMix64
    /// The runs of which a 202 came.
    private var acknowledged: [String] = []
    private(set) var findings = Findings()

    init(_ number: Int) throws {
        folder = try TemporaryFolder()
        data = folder.file("data")
        self.number = number
        generator = SplitMix64(seed: UInt64(number))
    }

    /// Whether the kills so far met runs at work, and followers.
    var hasSeenEnough: Bool {
        findings.acknowledged >= 25 && findings.heard >= 13 && findings.cutOff >= 13
    }

    /// Starts a server, sends it runs, kills it, and looks at what is left.
    mutating func killOnce(_ request: TrainRequest) throws {
        findings.kills += 1
        let delay = Int.random(in: 0..<150_000, using: &generator)
        // Every fourth while it starts, and so takes up what the one before left.
        if findings.kills % 4 == 0 {
            let program = try Program(
                ["serve", "--listen", "127.0.0.1:0", "--data", data],
                environment: Lane.environment)
            usleep(UInt32(delay))
            program.signal(SIGKILL)
            _ = try program.wait()
            return try look(told: [:], of: nil)
        }
        let served = try ServedProgram(data: data, environment: Lane.environment)
        let process = served.process
        DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(delay)) {
            kill(process, SIGKILL)
        }
        let listener = Listener()
        // What is lost when the server is gone isn't to be asked for again.
        let client = Client(
            ClientConfiguration(server: "http://\(served.address)", retries: .none))
        var followed: String?
        for _ in 0..<5 {
            guard let run = try? client.train(request) else { break }
            acknowledged.append(run.id)
            findings.acknowledged += 1
            guard followed == nil else { continue }
            followed = run.id
            listener.listen(to: run.id, at: served.address)
        }
        _ = try served.wait()
        try look(told: listener.heard(), of: followed)
    }

    /// Has a last server bring all to its end, and compares that with what is right.
    mutating func finish(expecting undisturbed: LeftDatabase.Outcome) throws {
        let served = try ServedProgram(data: data, environment: Lane.environment)
        for id in acknowledged {
            try waitUntil("the end of \(id)") { try served.client.run(id).status.isEnded }
        }
        guard try served.end().code == 0 else { return findings.complaints.append("a bad end") }
        let left = try LeftDatabase(of: data, in: folder, named: "left")
        findings.complaints += try left.complaints()
        for id in acknowledged {
            let (status, outcome) = try left.outcome(of: id)
            guard status == "succeeded", outcome == undisturbed else {
                findings.complaints.append(
                    "lane \(number): \(id) is \(status ?? "lost") with other bits, "
                        + (try left.failure(of: id) ?? "without an error"))
                continue
            }
        }
    }

    private mutating func look(told: [Int: [String: Double]], of run: String?) throws {
        guard FileManager.default.fileExists(atPath: data + "/nabla.sqlite") else { return }
        let left = try LeftDatabase(of: data, in: folder, named: "left")
        // A file that the first server had no time to make a database of.
        guard !acknowledged.isEmpty else { return }
        var found = try left.complaints() + left.missing(of: acknowledged).map { "lost: \($0)" }
        findings.heard += told.count
        findings.cutOff += try left.unfinished()
        if let run {
            let outcome = try left.outcome(of: run).outcome
            for (epoch, values) in told {
                let isKept = values.allSatisfy { key, value in
                    outcome.metrics[key]?[epoch] == value
                }
                if !isKept { found.append("epoch \(epoch) of \(run) was told and is lost") }
            }
        }
        findings.complaints += found.map { "lane \(number), kill \(findings.kills): \($0)" }
    }
}

/// Follows a run on a thread of its own.
private final class Listener: Sendable {
    private let group = DispatchGroup()
    private let events = Mutex<[Int: [String: Double]]>([:])

    func listen(to run: String, at address: String) {
        DispatchQueue(label: "listener").async(group: group) { [self] in
            // The server may be gone before the stream begins, and nothing was told then.
            guard let heard = try? HeardEvents(of: run, at: address) else { return }
            events.withLock { $0 = heard.metrics }
        }
    }

    /// What was heard, once the stream has ended.
    func heard() -> [Int: [String: Double]] {
        group.wait()
        return events.withLock(\.self)
    }
}
