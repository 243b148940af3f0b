/// One value of a metric: a point of its history.
public struct MetricRecord: Sendable, Equatable {
    /// The metric's name.
    public var key: String
    /// The epoch at whose end it was taken, counted from 1.
    public var epoch: Int
    /// The optimizer updates done by then.
    public var step: Int
    /// The value; never NaN.
    public var value: Double
    /// When it was taken, in milliseconds since 1970 UTC.
    public var time: Int64

    /// Describes a point.
    public init(key: String, epoch: Int, step: Int, value: Double, time: Int64) {
        self.key = key
        self.epoch = epoch
        self.step = step
        self.value = value
        self.time = time
    }
}

/// A run's network as it was at the end of an epoch.
public struct NetworkRecord: Sendable, Equatable {
    /// The run that trained it.
    public var runID: String
    /// The epoch at whose end it was taken, counted from 1; 0 is the network as initialised.
    public var epoch: Int
    /// The layers as JSON, without their numbers.
    public var description: String
    /// The numbers' type, `float32` or `float64`.
    public var dtype: String
    /// All parameters in the order of the layers, little-endian; at most 1,000,000,000 bytes.
    public var parameters: [UInt8]

    /// Describes a network.
    public init(
        runID: String, epoch: Int, description: String, dtype: String, parameters: [UInt8]
    ) {
        self.runID = runID
        self.epoch = epoch
        self.description = description
        self.dtype = dtype
        self.parameters = parameters
    }
}

/// What one epoch adds to its run, stored whole or not at all.
public struct EpochRecord: Sendable, Equatable {
    /// The run that did the epoch.
    public var runID: String
    /// The epoch that is done, counted from 1.
    public var epoch: Int
    /// The optimizer updates done by now.
    public var step: Int
    /// The epoch's pace.
    public var samplesPerSecond: Double?
    /// The epoch's metrics, which become the run's `latest`, in the order they should be listed.
    public var metrics: [MetricRecord]
    /// The entries of the run's `best` that are new; others stay.
    public var best: [String: Double]
    /// The network at the end of this epoch, if it is to be kept.
    public var network: NetworkRecord?
    /// What going on from here needs beside the network, where that is to be kept; at most 1,000,000,000
    /// bytes.
    public var state: [UInt8]?

    /// Describes an epoch.
    public init(
        runID: String, epoch: Int, step: Int, samplesPerSecond: Double? = nil,
        metrics: [MetricRecord], best: [String: Double] = [:], network: NetworkRecord? = nil,
        state: [UInt8]? = nil
    ) {
        self.runID = runID
        self.epoch = epoch
        self.step = step
        self.samplesPerSecond = samplesPerSecond
        self.metrics = metrics
        self.best = best
        self.network = network
        self.state = state
    }
}
