import Glibc
import NablaAPI
import NablaHTTP
import NablaStore
import Synchronization

/// A file without a name, which is gone with its last user, whatever becomes of the process.
final class ScratchFile: Sendable {
    private let descriptor: Int32
    private let allowance: ScratchAllowance
    private let size = Atomic(0)

    /// Makes an empty file.
    ///
    /// - Throws: What a store says that can't write to that folder.
    init(in directory: String, allowance: ScratchAllowance) throws(StoreError) {
        let name = ScratchFile.prefix + String(UInt64.random(in: 0...(.max)), radix: 16)
        let path = directory + "/" + name
        descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        self.allowance = allowance
        guard descriptor >= 0 else { throw ScratchFile.error(errno) }
        unlink(path)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        allowance.give(back: size.load(ordering: .relaxed))
    }

    /// What the names of such files begin with, in the moment that they have one.
    static let prefix = "upload-"

    /// How much of a file is read at once.
    static let pieceBytes = 256 << 10

    /// How many bytes it has; those before the last that was written, too, if nobody wrote them.
    var count: Int { size.load(ordering: .relaxed) }

    /// Writes bytes at an offset, which may lie behind the end; called by one at a time.
    ///
    /// - Throws: `full` or `ioFailure`; some of the bytes may be there then.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
        let end = offset + source.count
        if end > count {
            guard allowance.take(end - count) else { throw .full(sql: nil) }
            size.store(end, ordering: .relaxed)
        }
        var (rest, place) = (source[...], offset)
        while !rest.isEmpty {
            let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress
            let written = pwrite(descriptor, base, rest.count, place)
            if written >= 0 {
                rest = rest.dropFirst(written)
                place += written
            } else if errno != EINTR {
                throw ScratchFile.error(errno)
            }
        }
    }

    /// Writes bytes at an offset.
    ///
    /// - Throws: As above.
    func write(_ source: [UInt8], at offset: Int) throws(StoreError) {
        var outcome = Result<Void, StoreError>.success(())
        source.withUnsafeBytes { bytes in
            outcome = Result { () throws(StoreError) in try write(bytes, at: offset) }
        }
        try outcome.get()
    }

    /// Leaves nothing of it on the disk.
    func empty() {
        // What can't be given back now will be with the file.
        _ = ftruncate(descriptor, 0)
        allowance.give(back: size.exchange(0, ordering: .relaxed))
    }

    /// Reads at most `most` bytes from an offset on; none at the end.
    ///
    /// - Throws: `ioFailure`.
    func read(at offset: Int, atMost most: Int) throws(StoreError) -> [UInt8] {
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            var got = 0
            repeat {
                got = pread(descriptor, buffer.baseAddress, most, offset)
            } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            count = max(0, got)
        }
        if let failure { throw ScratchFile.error(failure) }
        return bytes
    }

    /// Reads it for whoever tells problems.
    var reading: SamplesFile.Reading {
        { (offset, most) throws(Problem) in
            try Problem.storing { () throws(StoreError) in
                try self.read(at: offset, atMost: most)
            }
        }
    }

    /// Reads it from its beginning, a piece at a call; the last is empty.
    func pieces() -> SamplesFile.Pieces {
        var offset = 0
        let reading = reading
        return { () throws(Problem) in
            let piece = try reading(offset, ScratchFile.pieceBytes)
            offset += piece.count
            return piece
        }
    }

    /// All of it, with the spare capacity that readers of JSON want.
    ///
    /// - Throws: `Problem` when it can't be read.
    func bytes() throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + RequestReader.spareBodyBytes)
        let pieces = pieces()
        while case let piece = try pieces(), !piece.isEmpty { bytes += piece }
        return bytes
    }

    private static func error(_ code: Int32) -> StoreError {
        switch code {
        case ENOSPC, EDQUOT: .full(sql: nil)
        default: .ioFailure(why: String(cString: strerror(code)), sql: nil)
        }
    }
}

/// How many bytes scratch files may have together.
final class ScratchAllowance: Sendable {
    private let left: Atomic<Int>

    init(_ bytes: Int) {
        left = Atomic(bytes)
    }

    /// Takes bytes, if there are as many.
    func take(_ bytes: Int) -> Bool {
        guard left.subtract(bytes, ordering: .relaxed).newValue < 0 else { return true }
        give(back: bytes)
        return false
    }

    func give(back bytes: Int) {
        left.add(bytes, ordering: .relaxed)
    }
}
