import Glibc
import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets

/// One call of the contract: what it needs to run, and how it answers.
protocol Endpoint: Sendable {
    /// Where it runs.
    var place: Place { get }

    /// Answers a call; throws the problem that keeps it from doing so.
    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer
}

/// Where an endpoint runs.
enum Place: Sendable {
    /// On the loop that read the request: it takes microseconds and never blocks.
    case loop
    /// On the loop when the body is small enough to be worth no thread hop, else on a worker.
    ///
    /// A small body may still mean much work, or need the database: see `Answer.onWorker`.
    case loopOrWorker
    /// On a worker of the pool.
    case worker
    /// Among the calls that wait for the database.
    case storage
}

/// A request on its way through the service.
struct Call: Sendable {
    /// The id its answer and the log carry.
    let id: String
    /// Method, target and fields.
    let head: RequestHead
    /// The body, whole.
    let body: [UInt8]
    /// The parts of the path that the route leaves open: a run's id.
    var subject = ""
    /// Whether the caller has gone away.
    let isCancelled: @Sendable () -> Bool
}

/// What an endpoint gives.
enum Answer: Sendable {
    /// The whole answer.
    case content(Content)
    /// What turned out to be too much for the loop: the rest of the way to an answer, for a worker.
    case onWorker(@Sendable (Workspace) throws(Problem) -> Answer)
    /// An answer that is given later, or bit by bit; the closure gets the way to give it.
    case later(@Sendable (Reply) -> Void)
}

/// A whole answer.
struct Content: Sendable {
    var status = Status.ok
    var mediaType = "application/json"
    var fields: [(name: String, value: String)] = []
    var body: [UInt8]
    var timing = Timing()

    /// An answer in JSON.
    static func json(_ body: [UInt8], status: Status = .ok) -> Content {
        Content(status: status, body: body)
    }
}

/// How long the parts of an answer took, in seconds: what `Server-Timing` tells.
struct Timing: Sendable {
    var parse = 0.0
    var queue = 0.0
    var compute = 0.0
    var write = 0.0

    /// The field's value, in milliseconds with three digits after the point.
    var field: String {
        // Byte by byte into one piece of memory: every answer carries the field.
        String(unsafeUninitializedCapacity: 4 * (Timing.partLength + ", compute;dur=".utf8.count)) {
            var text = ASCIIWriter(buffer: $0)
            text.append("parse;dur=")
            text.append(milliseconds: parse)
            text.append(", queue;dur=")
            text.append(milliseconds: queue)
            text.append(", compute;dur=")
            text.append(milliseconds: compute)
            text.append(", write;dur=")
            text.append(milliseconds: write)
            return text.count
        }
    }

    /// The most characters of one number.
    fileprivate static let partLength = 20
}

/// Writes ASCII into memory that is large enough for it.
private struct ASCIIWriter {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes in
            for byte in bytes { append(byte) }
        }
    }

    /// Appends seconds as milliseconds with three digits after the point.
    mutating func append(milliseconds seconds: Double) {
        // A hundred years at most, which fit.
        let microseconds = Int(min(max(0, seconds), 3e9) * 1_000_000)
        var divisor = 1000
        while microseconds / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: microseconds / divisor % 10))
            if divisor == 1000 { append(UInt8(ascii: ".")) }
            divisor /= 10
        }
    }

    private mutating func append(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }
}

/// A clock for durations, in seconds.
enum Stopwatch {
    /// Seconds since some fixed moment.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
