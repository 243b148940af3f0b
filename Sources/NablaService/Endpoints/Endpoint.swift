import Glibc
import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets

/// One call of the contract: what it needs to run, and how it answers.
protocol Endpoint: Sendable {
    /// Where it runs.
    var place: Place { get }
    /// What a caller's token must allow where there are tokens; nil where none is asked for.
    var scope: Scope? { get }
    /// The media types that its body may have; JSON unless it says otherwise.
    var mediaTypes: [String] { get }
    /// Whether its target may have a query: it reads one, or whoever watches the service may add what they like;
    /// not unless it says so.
    var takesQuery: Bool { get }
    /// Whether its body goes to the disk as it arrives, see `Call.upload`; not unless it says so.
    var takesUploads: Bool { get }

    /// Answers a call; throws the problem that keeps it from doing so.
    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer
}

extension Endpoint {
    var mediaTypes: [String] { ["application/json"] }
    var takesQuery: Bool { false }
    var takesUploads: Bool { false }
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
    /// The request, its body inflated; `body` counts a reference to the bytes, which tiny requests do without.
    private(set) var request: Request
    /// The parts of the path that the route leaves open: a run's id.
    let subject: String
    /// The name of the token it was made with; nil where callers need none.
    let token: String?
    /// When somebody began to work on it, by `Stopwatch`.
    private(set) var start: Double
    /// The way back to the caller; nil where he can't go away meanwhile.
    private var reply: Reply?

    /// Makes a call of a request, for whoever answers it while the caller can't go away.
    init(
        _ request: consuming Request, subject: consuming String, token: String? = nil,
        since start: Double = Stopwatch.now()
    ) {
        self.request = request
        self.subject = subject
        self.token = token
        self.start = start
    }

    /// The call, answered by whoever has that reply.
    func answered(by reply: Reply) -> Call {
        var call = self
        call.reply = reply
        return call
    }

    /// The call as whoever takes it up now has it.
    func begun() -> Call {
        var call = self
        call.start = Stopwatch.now()
        return call
    }

    /// Method, target and fields.
    var head: RequestHead { request.head }
    /// The body, whole; empty where `sink` has it.
    var body: [UInt8] {
        get { request.body }
        set { request.body = newValue }
    }
    /// What took the body while it arrived, where memory didn't.
    var sink: (any BodySink)? { request.sink }
    /// Whether the caller has gone away.
    var isCancelled: Bool { reply?.isCancelled ?? false }

    /// The body, where it went to the disk.
    var upload: Upload? { sink as? Upload }
    /// Whether there is a body.
    var hasBody: Bool { !body.isEmpty || sink != nil }
}

/// What an endpoint gives.
enum Answer: Sendable {
    /// The whole answer.
    case content(Content)
    /// What turned out to be too much for the loop: the rest of the way to an answer, for a worker, which has the call
    /// of a caller who may go away meanwhile.
    case onWorker(@Sendable (Call, Workspace) throws(Problem) -> Answer)
    /// An answer that is given later, or bit by bit; the closure gets the way to give it.
    case later(@Sendable (Reply) -> Void)
}

/// A whole answer.
struct Content: Sendable {
    var status = Status.ok
    /// A constant, never a caller's text: it is sent unchecked.
    var mediaType = "application/json"
    var fields: [(name: String, value: String)] = []
    var body: [UInt8]
    var timing = Timing()

    /// An answer in JSON.
    static func json(_ body: [UInt8], status: Status = .ok) -> Content {
        Content(status: status, body: body)
    }

    /// Notes in `Vary` that another value of a request's field may lead to another answer.
    mutating func varies(with field: String) {
        if let index = fields.firstIndex(where: { $0.name == "Vary" }) {
            fields[index].value += ", \(field)"
        } else {
            fields.append(("Vary", field))
        }
    }
}

/// How long the parts of an answer took, in seconds: what `Server-Timing` tells.
struct Timing: Sendable {
    /// From when work on the request began: where a loop does it, with finding out what is asked; else when a worker
    /// took it.
    let parse: Double
    let compute: Double
    /// When writing began, by `Stopwatch`; nil where there is nothing to tell of it.
    var writing: Double?

    /// Takes the parts from when the first began and two ended, by `Stopwatch`.
    init(since start: Double, parsed: Double, computed: Double) {
        parse = parsed - start
        compute = computed - parsed
        writing = computed
    }

    /// Notes that nothing was computed.
    init(parse: Double = 0) {
        self.parse = parse
        compute = 0
    }

    /// Leaves time out that has passed since writing began: of waiting, and of work for other answers.
    mutating func leaveOut(_ seconds: Double) {
        writing = writing.map { $0 + seconds }
    }

    /// The most bytes that writing takes: four names of up to 14 characters with what stands around them, and numbers of
    /// up to 17, of which the last may be written as a word.
    static let room = 160

    /// Appends the field's value, in milliseconds with three digits after the point.
    ///
    /// - Parameters:
    ///   - output: Gets the value; there must be `room`.
    ///   - now: When the answer is written, by `Stopwatch`.
    ///   - waited: How long the request waited, in seconds.
    func write(to output: inout OutputSpan<UInt8>, at now: Double, waited: Double) {
        output.append("parse;dur=")
        output.append(milliseconds: parse)
        output.append(", queue;dur=")
        output.append(milliseconds: waited)
        output.append(", compute;dur=")
        output.append(milliseconds: compute)
        output.append(", write;dur=")
        output.append(milliseconds: writing.map { now - $0 } ?? 0)
    }
}

extension OutputSpan<UInt8> {
    /// Appends seconds as milliseconds with three digits after the point.
    fileprivate mutating func append(milliseconds seconds: Double) {
        // A hundred years at most, which fit.
        let microseconds = UInt64(min(max(0, seconds), 3e9) * 1_000_000)
        let (whole, part) = microseconds.quotientAndRemainder(dividingBy: 1000)
        guard whole >= 10 else {
            let (first, rest) = part.quotientAndRemainder(dividingBy: 100)
            let (second, third) = rest.quotientAndRemainder(dividingBy: 10)
            // "0.000", and the digits.
            return append(
                5, of: 0x30_30_30_2E_30 + whole + first << 16 + second << 24 + third << 32)
        }
        append(decimal: Int(whole))
        append(UInt8(ascii: "."))
        append(digit: part / 100)
        append(digit: part / 10 % 10)
        append(digit: part % 10)
    }

    private mutating func append(digit: UInt64) {
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
    }
}
