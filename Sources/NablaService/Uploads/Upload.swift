import Dispatch
import NablaAPI
import NablaGzip
import NablaHTTP
import NablaStore
import Synchronization

/// A body that goes to the disk as it arrives.
///
/// The loop leaves bytes here, up to a bound, and another thread inflates them where they are gzip and writes
/// them: a disk that is slow keeps its own uploads waiting and nobody else.
final class Upload: BodySink {
    /// What the loop has left and nobody has written.
    private struct Waiting {
        var bytes: [UInt8] = []
        /// Whether the loop was told that there is no room.
        var isFull = false
    }

    /// What has been written.
    fileprivate struct Written: ~Copyable {
        var file: ScratchFile?
        var inflater: GzipReader?
        /// Why it isn't the body.
        var problem: Problem?
    }

    let byteLimit: Int
    private let waiting = Mutex(Waiting())
    private let written: Mutex<Written>
    private let compression: CompressionSettings
    private let queue: DispatchQueue
    private let whenRoom: @Sendable () -> Void

    /// Begins with an empty file; what keeps it from being made is told by `file()`.
    ///
    /// - Parameters:
    ///   - folder: Where the file lies.
    ///   - byteLimit: Bytes that the body may have.
    ///   - isCompressed: Whether it is gzip.
    ///   - whenRoom: Is called on another thread once there is room again.
    init(
        in folder: UploadFolder, byteLimit: Int, isCompressed: Bool,
        whenRoom: @escaping @Sendable () -> Void
    ) {
        (self.byteLimit, self.whenRoom) = (byteLimit, whenRoom)
        (compression, queue) = (folder.compression, folder.queue)
        var start = Written()
        do throws(Problem) {
            start.file = try folder.file()
            if isCompressed { start.inflater = try folder.inflater() }
        } catch {
            start.problem = error
        }
        written = Mutex(start)
    }

    /// Bytes that may wait before the loop is told that there is no room.
    static let waitingBytes = 256 << 10

    func take(_ bytes: Span<UInt8>) -> Bool {
        let (isFirst, hasRoom) = waiting.withLock { waiting in
            let isFirst = waiting.bytes.isEmpty
            bytes.withUnsafeBufferPointer { waiting.bytes.append(contentsOf: $0) }
            waiting.isFull = waiting.bytes.count >= Upload.waitingBytes
            return (isFirst, !waiting.isFull)
        }
        if isFirst { queue.async { self.writeNext() } }
        return hasRoom
    }

    /// The whole body; waits until it is written.
    ///
    /// - Throws: `Problem` that says why it can't be had.
    func file() throws(Problem) -> ScratchFile {
        queue.sync { writeNext() }
        return try written.withLock { written throws(Problem) in
            if let problem = written.problem { throw problem }
            do throws(GzipError) {
                try written.inflater?.finish()
            } catch {
                throw compression.problem(error)
            }
            guard let file = written.file else { throw Problem(.internalError, "there is no file") }
            return file
        }
    }

    /// Leaves nothing of it on the disk, whoever still holds it.
    func discard() {
        queue.sync { written.withLock { $0.file?.empty() } }
    }

    /// Writes what waits; runs on the queue.
    private func writeNext() {
        let (bytes, wasFull) = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return (waiting.bytes, waiting.isFull)
        }
        if !bytes.isEmpty { written.withLock { $0.append(bytes, compression) } }
        if wasFull { whenRoom() }
    }
}

extension Upload.Written {
    /// Appends the next bytes of the body; once that has failed, they are thrown away.
    fileprivate mutating func append(_ bytes: [UInt8], _ compression: CompressionSettings) {
        guard problem == nil, let file else { return }
        do throws(Problem) {
            guard inflater != nil else {
                return try Problem.storing { () throws(StoreError) in
                    try file.write(bytes, at: file.count)
                }
            }
            var failure: StoreError?
            do throws(GzipError) {
                try inflater?.inflate(bytes) { inflated in
                    guard failure == nil else { return }
                    do throws(StoreError) {
                        try file.write(inflated, at: file.count)
                    } catch {
                        failure = error
                    }
                }
            } catch {
                throw compression.problem(error)
            }
            if let failure { throw Problem(failure) }
        } catch {
            problem = error
            file.empty()
        }
    }
}

/// Throws away a body that has no meaning, or whose request is going to be refused.
final class UnreadBody: BodySink {
    let byteLimit: Int
    let isRead = false

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    func take(_ bytes: Span<UInt8>) -> Bool { true }
}
