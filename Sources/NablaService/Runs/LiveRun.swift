import NablaAPI
import NablaCore
import NablaNetworks
import Synchronization

/// A run that waits or trains in this process: its training, its present state and who follows it.
final class LiveRun: Sendable {
    /// Gets every event of the run; returns false to get no more.
    typealias Follower = @Sendable (RunEvent) -> Bool

    private struct State {
        var run: Run
        var isCancelRequested = false
        var isEnding = false
        var failure: Problem?
        var loss: Problem?
        var recovery: Recovery?
        var followers: [Follower] = []
        var whenEnded: [@Sendable (Run) -> Void] = []
    }

    /// The run's id.
    let id: String
    /// What decides when its turn comes.
    let turn: RunTurn
    /// Epochs whose metrics the database had when this process took the run up.
    let storedEpochs: Int
    /// The training, which only the running slice touches; nil until the first slice of a run that was
    /// cut off.
    let training: Mutex<Training?>
    /// The speed of the training, which only the running slice touches.
    let pace: Mutex<Pace>
    /// Epochs that slices left for the next one to hand over, which only the running slice touches.
    let unrecorded = Mutex<[EndedEpochs]>([])
    private let state: Mutex<State>

    init(
        _ run: Run, training: consuming Training?, turn: RunTurn = RunTurn(), sliceSeconds: Double
    ) {
        id = run.id
        self.turn = turn
        storedEpochs = run.progress.epoch
        self.training = Mutex(training)
        pace = Mutex(Pace(sliceSeconds: sliceSeconds))
        state = Mutex(State(run: run))
    }

    /// The run as it stands.
    var run: Run { state.withLock(\.run) }

    /// Whether somebody asked for its end.
    var isCancelRequested: Bool { state.withLock(\.isCancelRequested) }

    /// What keeps the run from going on although its training could.
    var failure: Problem? { state.withLock(\.failure) }

    /// Has the run fail at its next step, unless that was its last.
    func fail(_ problem: Problem) {
        state.withLock { $0.failure = $0.failure ?? problem }
    }

    /// Why an epoch of the run is lost for good, where one is: the run can't end but as failed.
    var loss: Problem? { state.withLock(\.loss) }

    /// Has the run fail whether or not it has steps left.
    func lose(because problem: Problem) {
        fail(problem)
        state.withLock { $0.loss = $0.loss ?? problem }
    }

    /// What is still done for a run that met NaN or infinity: the last good epoch is made again, to be kept.
    struct Recovery: Sendable {
        /// The last epoch that ended.
        let epoch: Int
        /// What the run fails with.
        let problem: Problem
    }

    /// What is still done for the run, where it met NaN or infinity.
    var recovery: Recovery? { state.withLock(\.recovery) }

    /// Has the last good epoch made again of a run that failed with `problem` behind it.
    ///
    /// - Returns: Whether there is anything to do: not where that epoch is kept already, or being made.
    func recover(epoch: Int, from problem: Problem) -> Bool {
        let isKept = epoch <= pace.withLock(\.checkpointEpoch)
        return state.withLock { state in
            guard problem.kind == .nonFinite, state.recovery == nil, !isKept else { return false }
            state.recovery = Recovery(epoch: epoch, problem: problem)
            return true
        }
    }

    /// Asks for its end, which the running slice grants; false when it ends already.
    func requestCancel() -> Bool {
        state.withLock { state in
            guard !state.isEnding else { return false }
            state.isCancelRequested = true
            return true
        }
    }

    /// Gives the right to end the run to the first who asks.
    func claimEnd() -> Bool {
        state.withLock { state in
            defer { state.isEnding = true }
            return !state.isEnding
        }
    }

    /// Whether anybody follows it.
    var isFollowed: Bool { state.withLock { !$0.followers.isEmpty } }

    /// Adds a follower, or returns false when the run has ended.
    func follow(_ follower: @escaping Follower) -> Bool {
        state.withLock { state in
            guard !state.run.status.isEnded else { return false }
            state.followers.append(follower)
            return true
        }
    }

    /// Calls `action` at the run's end, or at once when it has ended.
    func whenEnded(_ action: @escaping @Sendable (Run) -> Void) {
        let ended: Run? = state.withLock { state in
            guard !state.run.status.isEnded else { return state.run }
            state.whenEnded.append(action)
            return nil
        }
        if let ended { action(ended) }
    }

    /// Changes the run's state.
    func update(_ change: (inout Run) -> Void) {
        state.withLock { change(&$0.run) }
    }

    /// Tells every follower.
    func publish(_ content: RunEvent.Content) {
        let followers = state.withLock(\.followers)
        let event = RunEvent(content)
        let stays = followers.map { $0(event) }
        guard stays.contains(false) else { return }
        state.withLock { state in
            // Followers who came in the meantime stand behind those that were told.
            let kept = zip(state.followers, stays).filter(\.1).map(\.0)
            state.followers = kept + state.followers.dropFirst(stays.count)
        }
    }

    /// Sends the followers the end and lets them go.
    func end() {
        let (run, actions) = state.withLock { state in
            defer { state.whenEnded = [] }
            return (state.run, state.whenEnded)
        }
        publish(.end(run))
        state.withLock { $0.followers = [] }
        for action in actions { action(run) }
    }
}

/// How fast a run trains, and so how many steps fit into a slice.
struct Pace: Sendable {
    private let sliceSeconds: Double
    private var steps = 1
    /// How many steps are a turn, after which other threads may have the processor.
    private(set) var stepsAtATime = 1
    private var seconds = 0.0
    private var samples = 0
    /// When the last slice ended, by the stopwatch; nil before that and within a slice.
    private var idleSince: Double?
    /// When the network was last stored, by the stopwatch.
    var lastCheckpoint = 0.0
    /// The epoch it had then.
    var checkpointEpoch = 0
    /// When it was last recorded for followers how far the run has come, by the stopwatch.
    var lastProgress = 0.0
    /// When epochs were last handed over to be stored, by the stopwatch.
    var lastRecord = 0.0

    init(sliceSeconds: Double) {
        self.sliceSeconds = sliceSeconds
    }

    /// How many steps to do before looking at the clock again: an eighth of a slice, as far as is known.
    var stepsAtOnce: Int { steps }

    /// Samples a second so far, once something was measured; the time between slices counts, in which others
    /// have the processor.
    var samplesPerSecond: Double? { seconds > 0 ? Double(samples) / seconds : nil }

    /// Notes that a slice begins at a time of the stopwatch.
    mutating func beginSlice(at now: Double) {
        if let idleSince { seconds += max(0, now - idleSince) }
        idleSince = nil
    }

    /// Notes that a slice ends.
    mutating func endSlice(at now: Double) { idleSince = now }

    /// Learns from what was just done.
    ///
    /// - Parameters:
    ///   - done: How many steps that were.
    ///   - samples: How many samples they saw.
    ///   - seconds: How long they took.
    ///   - working: How long of that the thread had a processor. On a busy machine that is much less, and
    ///     a run that gave way after each short step would hardly get on.
    mutating func learn(steps done: Int, samples: Int, seconds: Double, working: Double) {
        self.seconds += seconds
        self.samples += samples
        guard done > 0 else { return }
        let each = max(seconds / Double(done), 1e-9)
        let fitting = Int(min(sliceSeconds / 8 / each, 1e6))
        steps = max(1, min(fitting, steps * 2))
        let own = max(working / Double(done), 1e-9)
        stepsAtATime = max(1, Int(Turn.seconds / own))
    }
}
