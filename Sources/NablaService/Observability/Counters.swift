import Synchronization

/// What is counted one by one.
enum Counter: Int, CaseIterable, Sendable {
    case connectionsOpened, connectionsClosed, connectionsRefused
    case bytesReceived, bytesSent
    case timeouts, clientsLeft, acceptsFailed
    case streamsOpened, streamsClosed, streamsCut
}

/// The counters of one processor: one object, so that counting counts no references beside.
final class CoreCounters: Sendable {
    /// By the index of the route.
    typealias Routes = InlineArray<64, RouteCounters>

    let routes: Routes
    let refusals = StatusCounts()
    let commits = DurationCounts()
    /// By the raw value of `Counter`.
    private let values: InlineArray<16, Atomic<Int>>

    init() {
        routes = InlineArray { _ in RouteCounters() }
        values = InlineArray { _ in Atomic(0) }
    }

    func add(_ number: Int, to counter: Counter) {
        values[counter.rawValue].add(number, ordering: .relaxed)
    }

    func value(of counter: Counter) -> Int {
        values[counter.rawValue].load(ordering: .relaxed)
    }
}

/// The answers of one route.
struct RouteCounters: ~Copyable, Sendable {
    let statuses = StatusCounts()
    let durations = DurationCounts()

    func note(status: Int, milliseconds: Double) {
        statuses.add(status: status)
        durations.note(milliseconds: milliseconds)
    }
}

/// How often each status was answered.
struct StatusCounts: ~Copyable, Sendable {
    /// The statuses that are counted each by itself; the first place is that of all others.
    static let codes =
        [0, 200, 400] + Array(201...206) + Array(401...431) + Array(500...505) + [304]
    /// The place of each status from 200 to 599 in `codes`.
    private static let places = (200..<600).map { UInt8(codes.firstIndex(of: $0) ?? 0) }

    private let counts: InlineArray<48, Atomic<Int>>

    init() {
        counts = InlineArray { _ in Atomic(0) }
    }

    func add(status: Int) {
        let place = (200..<600).contains(status) ? Int(StatusCounts.places[status - 200]) : 0
        counts[place].add(1, ordering: .relaxed)
    }

    /// Adds the counts that aren't 0 to others; under 0, those of all other statuses.
    func add(to sum: inout [Int: Int]) {
        for (place, code) in StatusCounts.codes.enumerated() {
            let count = counts[place].load(ordering: .relaxed)
            if count > 0 { sum[code, default: 0] += count }
        }
    }
}

/// How many durations fell between bounds.
struct DurationCounts: ~Copyable, Sendable {
    /// The upper bounds in milliseconds; what is longer than the last comes after them.
    static let bounds: InlineArray<17, Double> = [
        0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
    ]

    private let counts: InlineArray<18, Atomic<Int>>
    private let nanoseconds = Atomic(0)

    init() {
        counts = InlineArray { _ in Atomic(0) }
    }

    func note(milliseconds: Double) {
        var place = 0
        while place < DurationCounts.bounds.count, milliseconds > DurationCounts.bounds[place] {
            place += 1
        }
        counts[place].add(1, ordering: .relaxed)
        // A hundred years at most, which fit.
        nanoseconds.add(Int(min(max(milliseconds, 0), 3e12) * 1e6), ordering: .relaxed)
    }

    func add(to histogram: inout Histogram) {
        for place in counts.indices {
            histogram.counts[place] += counts[place].load(ordering: .relaxed)
        }
        histogram.seconds += Double(nanoseconds.load(ordering: .relaxed)) * 1e-9
    }
}

/// Durations as they are told: how many there were up to each bound, and their sum.
struct Histogram: Sendable {
    /// How many fell between a bound and the one before it.
    fileprivate(set) var counts = [Int](repeating: 0, count: DurationCounts.bounds.count + 1)
    /// Their sum, in seconds.
    fileprivate(set) var seconds = 0.0
}
