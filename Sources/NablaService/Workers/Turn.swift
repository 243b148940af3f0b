/// What a thread does until it gives way to others.
///
/// Where a thread is nice, the kernel takes its processor away when another wakes. One that is there already and
/// waits would get it at the next tick of the clock, up to 4 ms later, however nice the first.
struct Turn {
    /// How long a turn is.
    ///
    /// No shorter, because who gives way forgoes what is left of its time slice.
    static let seconds = 2e-4

    private let giveWay: (@Sendable () -> Void)?
    private var start = 0.0

    /// Begins a turn, which has no end where there is no way to give way.
    init(givingWay giveWay: (@Sendable () -> Void)?) {
        self.giveWay = giveWay
        if giveWay != nil { start = Stopwatch.now() }
    }

    /// Gives way if the turn is over, and begins another.
    mutating func endIfOver() {
        guard let giveWay, Stopwatch.now() - start >= Turn.seconds else { return }
        giveWay()
        start = Stopwatch.now()
    }
}
