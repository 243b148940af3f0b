/// What happened to a run, in the order in which everything was stored.
public struct JournalEntry: Sendable, Equatable {
    /// Its place in that order, from 1; never used twice.
    public var number: Int
    /// The run.
    public var runID: String
    /// The epochs that ended; nil where the run did.
    public var epochs: ClosedRange<Int>?

    /// Describes an entry.
    public init(number: Int, runID: String, epochs: ClosedRange<Int>?) {
        self.number = number
        self.runID = runID
        self.epochs = epochs
    }
}
