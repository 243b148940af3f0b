import Foundation
import Glibc
import NablaAPI
import NablaClient
import Testing

/// Large uploads to a server that is a process of its own: what they take of its memory and its disk.
@Suite struct UploadDiskTests {
    /// One row, which is sent again and again: numbers of float32 and of float64.
    private static let block = [UInt8](
        String(repeating: "0.123456789012345678,-1.5,123456789.25,7e-3\n", count: 4096).utf8)

    private static func head(_ name: String, _ fields: String...) -> String {
        (["PUT /datasets/\(name)?target=t HTTP/1.1", "Host: a", "Content-Type: text/csv"] + fields
            + ["", ""]).joined(separator: "\r\n")
    }

    /// A value of the process's status, in bytes: `VmHWM` is the most memory it ever had.
    private func status(_ name: String, of served: ServedProgram) throws -> Int {
        let text = try String(
            contentsOfFile: "/proc/\(served.process)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(
            line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
                .flatMap { Int($0) }) * 1024
    }

    /// The files without a name that a process has open.
    private func scratchFiles(of served: ServedProgram) throws -> Int {
        let folder = "/proc/\(served.process)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
            let file = try? FileManager.default.destinationOfSymbolicLink(
                atPath: folder + "/" + name)
            // One that still has its name is no scratch file yet.
            return file?.contains("/upload-") == true && file?.hasSuffix(" (deleted)") == true
        }.count
    }

    @Test("a CSV of 64 MiB takes a small part of that in memory", arguments: [false, true])
    func memory(_ isChunked: Bool) throws {
        let served = try ServedProgram()
        let blocks = (64 << 20) / Self.block.count
        // What the first upload takes once is no matter of the second's length.
        let first = try PlainConnection(served.address)
        first.send(Self.head("small", "Content-Length: 8"))
        first.send("a,t\n1,2\n")
        #expect(first.receive(until: "}").hasPrefix("HTTP/1.1 201"))
        let before = try status("VmHWM", of: served)
        let connection = try PlainConnection(served.address)
        let names = "a,b,t,c\n"
        if isChunked {
            connection.send(Self.head("large", "Transfer-Encoding: chunked"))
            connection.send("8\r\n\(names)\r\n")
            let size = String(Self.block.count, radix: 16) + "\r\n"
            for _ in 0..<blocks {
                connection.send(size)
                connection.send(Self.block)
                connection.send("\r\n")
            }
            connection.send("0\r\n\r\n")
        } else {
            let length = names.utf8.count + blocks * Self.block.count
            connection.send(Self.head("large", "Content-Length: \(length)"))
            connection.send(names)
            for _ in 0..<blocks { connection.send(Self.block) }
        }
        let answer = try answer(connection)
        #expect(answer.hasPrefix("HTTP/1.1 201"), "\(answer.prefix(500))")
        #expect(answer.contains(#""count":\#(blocks * 4096)"#))
        let grown = try status("VmHWM", of: served) - before
        #expect(grown < 24 << 20, "\(grown >> 20) MiB")
        try waitUntil("the files to be gone") { try scratchFiles(of: served) == 0 }
        try served.expectGoodEnd()
    }

    /// Waits longer than a connection does for one receive: the rows are read by a debug build, too.
    private func answer(_ connection: PlainConnection) throws -> String {
        for _ in 0..<10 {
            let text = connection.receive(until: "}")
            if !text.isEmpty { return text }
        }
        throw TestFailure("no answer")
    }

    @Test("a caller who leaves in the middle leaves nothing on the disk")
    func leaving() throws {
        let served = try ServedProgram()
        var connections: [PlainConnection] = []
        for index in 0..<4 {
            let connection = try PlainConnection(served.address)
            let framing = index < 2 ? "Content-Length: 100000000" : "Transfer-Encoding: chunked"
            connection.send(Self.head("left\(index)", framing))
            if index >= 2 { connection.send("5000000\r\n") }
            for _ in 0..<8 { connection.send(Self.block) }
            connections.append(connection)
        }
        try waitUntil("the files to be there") { try scratchFiles(of: served) == 4 }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: served.data).allSatisfy {
                $0.hasPrefix("nabla.")
            })
        connections.removeAll()
        try waitUntil("the files to be gone") { try scratchFiles(of: served) == 0 }
        #expect(try served.client.datasets().datasets.isEmpty)
        try served.expectGoodEnd()
    }

    @Test("a server that is killed in the middle of an upload leaves nothing on the disk")
    func killed() throws {
        let folder = try TemporaryFolder()
        let served = try ServedProgram(data: folder.file("data"))
        let connection = try PlainConnection(served.address)
        connection.send(Self.head("left", "Content-Length: 100000000"))
        for _ in 0..<8 { connection.send(Self.block) }
        try waitUntil("the file to be there") { try scratchFiles(of: served) == 1 }
        _ = try served.end(by: SIGKILL)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.file("data"))
        #expect(left.allSatisfy { $0.hasPrefix("nabla.") }, "\(left)")
        withExtendedLifetime(connection) {}
    }

    @Test(
        "a full disk refuses uploads as the store does, and the server goes on",
        .enabled(if: TemporaryDisk.isAllowed, "a file system in memory may be mounted"))
    func full() throws {
        let disk = try TemporaryDisk(megabytes: 8)
        let served = try ServedProgram(data: disk.path + "/data", launcher: disk.launcher)
        disk.process = served.process
        let csv = Array("a,b,t,c\n".utf8) + (0..<60).flatMap { _ in Self.block }
        for _ in 0..<2 {
            let problem = #expect(throws: ClientError.self) {
                try served.client.put(csv: csv, targets: ["t"], named: "large")
            }
            guard case .problem(let told) = problem else {
                Issue.record("\(String(describing: problem))")
                return
            }
            #expect(told.kind == .unavailable && told.detail.hasPrefix("The disk is full."))
            // What was written of it makes room again.
            try waitUntil("the files to be gone") { try scratchFiles(of: served) == 0 }
            #expect(try served.client.health().status == "ok")
            let small = try served.client.put(
                csv: Array("a,t\n1,2\n".utf8), targets: ["t"], named: "small")
            #expect(small.samples == 1)
        }
        #expect(try served.client.readiness().status == "ok")
        #expect(try served.client.datasets().datasets.map(\.name) == ["small"])
        try served.expectGoodEnd()
    }
}
