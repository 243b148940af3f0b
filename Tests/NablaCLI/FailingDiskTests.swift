import Foundation
import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// Servers whose disk takes no more writes for a while.
@Suite struct FailingDiskTests {
    private static let environment = [
        "NABLA_TRAINING_CHECKPOINT_SECONDS": "0", "NABLA_TRAINING_SLICE_MILLISECONDS": "5",
    ]

    @Test(
        "a full disk fails the run that trains, and no request for gradients",
        .enabled(if: TemporaryDisk.isAllowed, "a file system in memory may be mounted"))
    func full() throws {
        let disk = try TemporaryDisk(megabytes: 8)
        let served = try ServedProgram(
            data: disk.path + "/data", environment: Self.environment, launcher: disk.launcher)
        disk.process = served.process
        try expectRecovery(of: served, "The disk is full") {
            try disk.fill()
        } recover: {
            try disk.clear()
        }
    }

    @Test("an I/O error fails the run that trains, and no request for gradients")
    func failing() throws {
        let served = try ServedProgram(environment: Self.environment)
        // What lies beyond the first page can't be written, which SQLite takes for an I/O error.
        try expectRecovery(of: served, "Reading or writing the store failed: disk I/O error") {
            try setFileSize(of: served.process, to: "4096")
        } recover: {
            try setFileSize(of: served.process, to: "unlimited")
        }
    }

    @Test(
        "writing and waiting for the disk may fail, whatever is written",
        .enabled(
            if: FaultInjection.isInstalled, "libfiu isn't installed: apt-get install fiu-utils"),
        arguments: ["rw/pwrite", "sync/fdatasync"])
    func injected(_ call: String) throws {
        let faults = try FaultInjection()
        let served = try ServedProgram(environment: Self.environment, launcher: faults.launcher)
        try expectRecovery(of: served, "Reading or writing the store failed: disk I/O error") {
            try faults.set(call, failing: true, in: served.process)
        } recover: {
            try faults.set(call, failing: false, in: served.process)
        }
    }

    /// Sets how long a file the process may write.
    private func setFileSize(of process: pid_t, to size: String) throws {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        program.arguments = ["--pid", "\(process)", "--fsize=\(size):"]
        try program.run()
        program.waitUntilExit()
        #expect(program.terminationStatus == 0)
    }

    private func expectRecovery(
        of served: ServedProgram, _ reason: String, fail: () throws -> Void,
        recover: () throws -> Void
    ) throws {
        let client = served.client
        let endless = try TrainRequest.restorable(.adam(Adam()), epochs: 100_000_000)
        let run = try client.train(endless)
        let other = try client.train(endless)
        try waitUntil("some epochs") { try client.run(run.id).progress.epoch > 0 }
        try fail()
        var problem: Problem?
        try waitUntil("the server to be unready") {
            do throws(ClientError) {
                _ = try client.readiness()
            } catch {
                guard case .problem(let told) = error else { throw error }
                problem = told
            }
            return problem != nil
        }
        #expect(problem?.kind == .unavailable)
        try waitUntil("the run to be refused") {
            served.errors.contains("run \(run.id): \(reason)")
        }
        // Nothing more is taken in, and all that needs no writing is answered.
        #expect(throws: ClientError.self) { try client.train(endless) }
        let answer = try client.gradients(Self.gradients())
        #expect(answer.samples == 1)
        #expect(try client.health().status == "ok")
        #expect(try client.run(run.id).id == run.id)

        try recover()
        try waitUntil("the server to be ready") { (try? client.readiness()) != nil }
        for id in [run.id, other.id] {
            try waitUntil("the run to fail") { try client.run(id).status.isEnded }
            let ended = try client.run(id)
            #expect(ended.status == .failed && ended.error?.kind == .unavailable)
            #expect(ended.error?.detail.contains(reason) == true, "\(String(describing: ended))")
        }
        // It goes on from what was stored, and others begin.
        let again = try client.resume(run: run.id, epochs: 1)
        #expect(again.status == .queued)
        try waitUntil("the resumed run to end") { try client.run(run.id).status.isEnded }
        let resumed = try client.run(run.id)
        #expect(resumed.status == .succeeded, "\(String(describing: resumed.error))")
        let next = try client.train(
            TrainRequest.restorable(.adam(Adam()), epochs: 2), waitSeconds: 30)
        #expect(next.status == .succeeded)
        // Nobody writes now, so that the files can be copied one after the other.
        let folder = try TemporaryFolder()
        let inside = "/proc/\(served.process)/root" + served.data
        let left = try LeftDatabase(of: inside, in: folder, named: "left")
        #expect(try left.complaints() == [])
        #expect(try left.missing(of: [run.id, other.id, next.id]) == [])
        try served.expectGoodEnd()
    }

    private static func gradients() throws -> GradientsRequest {
        let layer = Layer(
            .dense(
                try Dense(
                    weights: Tensor([0.5], shape: [1, 1]), bias: nil, activation: .identity)))
        return GradientsRequest(
            network: .inline(try Network(layers: [layer])), loss: try Loss(.meanSquaredError),
            samples: try Samples(inputs: Tensor([1.0], shape: [1, 1]), targets: Tensor([1.0])))
    }
}

/// System calls of a program that fail when they are told to, by libfiu.
private final class FaultInjection {
    private static let libraries = ["fiu_run_preload.so", "fiu_posix_preload.so"]
        .map { "/usr/lib/fiu/" + $0 }

    static let isInstalled =
        (libraries + ["/usr/bin/fiu-ctrl"]).allSatisfy {
            FileManager.default.fileExists(atPath: $0)
        }

    private let folder: TemporaryFolder
    private var pipes: String { folder.file("fiu") }

    init() throws {
        folder = try TemporaryFolder()
    }

    /// What a program is started by.
    ///
    /// It keeps what these tests were started with, which tells the thread sanitizer of locks.
    var launcher: [String] {
        let inherited = ProcessInfo.processInfo.environment["LD_PRELOAD"].map { [$0] } ?? []
        let preloaded = (inherited + Self.libraries).joined(separator: " ")
        return ["/usr/bin/env", "FIU_CTRL_FIFO=\(pipes)", "LD_PRELOAD=\(preloaded)"]
    }

    /// Has a system call fail with EIO, or work again.
    func set(_ call: String, failing: Bool, in process: pid_t) throws {
        let name = "name=posix/io/\(call)"
        let command = failing ? "enable \(name),failinfo=\(EIO)" : "disable \(name)"
        let result = try Tool.run(["fiu-ctrl", "-f", pipes, "-c", command, "\(process)"])
        #expect(result.status == 0, "\(result.errors)")
    }
}

/// A file system in memory that only one program sees, and which goes with it.
final class TemporaryDisk {
    private let folder: TemporaryFolder
    private let megabytes: Int
    /// The program that sees it.
    var process: pid_t = 0

    init(megabytes: Int) throws {
        folder = try TemporaryFolder()
        self.megabytes = megabytes
    }

    /// Where the program sees it.
    var path: String { folder.path }

    /// What starts the program with it mounted.
    var launcher: [String] {
        Self.unshare
            + ["mount -t tmpfs -o size=\(megabytes)m nabla '\(path)' && exec \"$0\" \"$@\""]
    }

    /// In a user namespace where this user may mount nothing otherwise.
    private static var unshare: [String] {
        ["/usr/bin/unshare", geteuid() == 0 ? "-m" : "-rm", "/bin/sh", "-c"]
    }

    /// Whether this machine lets such a file system be mounted.
    static var isAllowed: Bool {
        let trial = Process()
        trial.executableURL = URL(fileURLWithPath: unshare[0])
        trial.arguments = Array(unshare.dropFirst()) + ["mount -t tmpfs nabla /tmp"]
        trial.standardError = FileHandle.nullDevice
        guard (try? trial.run()) != nil else { return false }
        trial.waitUntilExit()
        return trial.terminationStatus == 0
    }

    /// A file of it as this process sees it.
    private var filler: String { "/proc/\(process)/root\(path)/filler" }

    /// Leaves no room.
    func fill() throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFailure("the disk can't be filled") }
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, zeros, zeros.count) > 0 {}
        #expect(errno == ENOSPC)
    }

    /// Leaves all of the room that was taken.
    func clear() throws {
        guard unlink(filler) == 0 else { throw TestFailure("the disk can't be cleared") }
    }
}
