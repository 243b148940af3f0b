import Dispatch
import Foundation
import NablaAPI
import NablaGzip
import NablaHTTP
import NablaStore
import Testing

@testable import NablaService

/// Bodies on their way to the disk.
@Suite struct UploadTests {
    private let path = NSTemporaryDirectory() + "nabla-upload-\(UUID().uuidString)"

    private func withFolder(
        _ change: (inout Settings) -> Void = { _ in }, _ body: (UploadFolder) throws -> Void
    ) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var settings = Settings()
        settings.dataDirectory = path
        change(&settings)
        try body(UploadFolder(settings))
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
    }

    private func upload(
        in folder: UploadFolder, isCompressed: Bool = false,
        whenRoom: @escaping @Sendable () -> Void = {}
    ) -> Upload {
        Upload(in: folder, byteLimit: .max, isCompressed: isCompressed, whenRoom: whenRoom)
    }

    @discardableResult
    private func take(_ bytes: [UInt8], _ upload: Upload) -> Bool { upload.take(bytes.span) }

    private static let bytes = (0..<ScratchFile.pieceBytes * 2 + 1000).map {
        UInt8(truncatingIfNeeded: $0 &* 31 >> 3)
    }

    @Test func whatIsTakenIsTheFile() throws {
        let bytes = Self.bytes
        let compressed = try #require(Gzip.compressed(bytes))
        try withFolder { folder in
            for (body, isCompressed) in [(bytes, false), (compressed, true)] {
                for size in [1000, 70_001, body.count] {
                    let upload = upload(in: folder, isCompressed: isCompressed)
                    for start in stride(from: 0, to: body.count, by: size) {
                        take(Array(body[start..<min(start + size, body.count)]), upload)
                    }
                    let file = try upload.file()
                    #expect(file.count == bytes.count)
                    let read = try file.bytes()
                    #expect(read == bytes)
                    #expect(read.capacity - read.count >= RequestReader.spareBodyBytes)
                    #expect(try file.read(at: 5, atMost: 3) == Array(bytes[5..<8]))
                    #expect(try file.read(at: bytes.count, atMost: 3) == [])
                }
            }
            let empty = try upload(in: folder).file()
            #expect(empty.count == 0)
            let held = try folder.file(holding: [1, 2])
            #expect(try empty.bytes() == [] && held.bytes() == [1, 2])
        }
    }

    @Test func thereIsNoRoomUntilTheDiskHasWhatWaits() throws {
        try withFolder { folder in
            let hasRoom = DispatchSemaphore(value: 0)
            let upload = upload(in: folder) { hasRoom.signal() }
            // As if the disk were slow.
            folder.queue.suspend()
            let piece = [UInt8](repeating: 7, count: Upload.waitingBytes / 2)
            #expect(take(piece, upload))
            #expect(!take(piece, upload))
            #expect(!take([1], upload))
            #expect(hasRoom.wait(timeout: .now() + 0.05) == .timedOut)
            folder.queue.resume()
            #expect(hasRoom.wait(timeout: .now() + 10) == .success)
            #expect(take([2], upload))
            let file = try upload.file()
            #expect(file.count == Upload.waitingBytes + 2)
            #expect(hasRoom.wait(timeout: .now() + 0.05) == .timedOut)
        }
    }

    @Test func gzipThatIsNoneOrTooLongIsTold() throws {
        let compressed = try #require(Gzip.compressed(Self.bytes))
        try withFolder {
            $0.compression.inflatedBytes = 1000
        } _: { folder in
            for (body, kind, words) in [
                (compressed, .contentTooLarge, "1000 bytes, inflated"),
                (Array(compressed[..<20]), .malformedRequest, "cut short"),
                ([1, 2, 3], .malformedRequest, "not in gzip's format"),
            ] as [([UInt8], Problem.Kind, String)] {
                let upload = upload(in: folder, isCompressed: true)
                take(body, upload)
                // What follows what can't be read is thrown away.
                if words != "cut short" { #expect(take(body, upload)) }
                let problem = #expect(throws: Problem.self) { try upload.file() }
                #expect(problem?.kind == kind && problem?.detail.contains(words) == true)
            }
        }
    }

    @Test func whatTheDiskRefusesIsToldAsTheStoreTellsIt() throws {
        try withFolder {
            $0.scratchBytes = 1000
        } _: { folder in
            let first = upload(in: folder)
            take([UInt8](repeating: 1, count: 600), first)
            let kept = try first.file()
            #expect(kept.count == 600)
            let second = upload(in: folder)
            take([UInt8](repeating: 2, count: 300), second)
            _ = try second.file()
            take([UInt8](repeating: 2, count: 101), second)
            #expect(throws: Problem(StoreError.full(sql: nil))) { try second.file() }
            // What it had is free for others.
            _ = try folder.file(holding: [UInt8](repeating: 3, count: 400))
            #expect(throws: Problem(StoreError.full(sql: nil))) {
                try folder.file(holding: [UInt8](repeating: 3, count: 401))
            }
            withExtendedLifetime(first) {}
        }
        var settings = Settings()
        settings.dataDirectory = "/nowhere/at/all"
        let lost = upload(in: UploadFolder(settings))
        #expect(take([1], lost))
        let problem = #expect(throws: Problem.self) { try lost.file() }
        #expect(problem?.kind == .unavailable)
        #expect(problem?.detail.contains("No such file or directory") == true)
    }

    @Test func leftoversAreRemovedAndNothingElse() throws {
        try withFolder { folder in
            let names = ["upload-abc123", "nabla.sqlite", "uploads", "my-upload-1"]
            for name in names {
                try Data([1]).write(to: URL(fileURLWithPath: path + "/" + name))
            }
            folder.removeLeftovers()
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                    == names.dropFirst().sorted())
            for name in names.dropFirst() {
                try FileManager.default.removeItem(atPath: path + "/" + name)
            }
        }
    }
}
