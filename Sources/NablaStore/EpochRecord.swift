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

/// Values of one metric at epochs that lie equally far apart.
public struct MetricSeries: Sendable, Equatable {
    /// The metric's name.
    public var key: String
    /// The epoch of the first value, counted from 1.
    public var epoch: Int
    /// How many epochs lie between two values, at least 1.
    public var stride: Int
    /// The optimizer updates done by the first.
    public var step: Int
    /// How many updates lie between two values.
    public var stepStride: Int
    /// The values, at least one; never NaN.
    public var values: [Double]
    /// When they were taken, in milliseconds since 1970 UTC.
    public var time: Int64

    /// Describes a series.
    public init(
        key: String, epoch: Int, stride: Int = 1, step: Int, stepStride: Int, values: [Double],
        time: Int64
    ) {
        self.key = key
        self.epoch = epoch
        self.stride = stride
        self.step = step
        self.stepStride = stepStride
        self.values = values
        self.time = time
    }

    /// Describes a single point.
    public init(_ point: MetricRecord) {
        self.init(
            key: point.key, epoch: point.epoch, step: point.step, stepStride: 0,
            values: [point.value], time: point.time)
    }

    /// The epoch of the last value.
    public var lastEpoch: Int { epoch + (values.count - 1) * stride }

    /// The values one by one.
    public var points: [MetricRecord] {
        values.indices.map { index in
            MetricRecord(
                key: key, epoch: epoch + index * stride, step: step + index * stepStride,
                value: values[index], time: time)
        }
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

/// What one or more epochs add to their run, stored whole or not at all.
public struct EpochRecord: Sendable, Equatable {
    /// The run that did the epochs.
    public var runID: String
    /// The last epoch that is done, counted from 1.
    public var epoch: Int
    /// The optimizer updates done by now.
    public var step: Int
    /// The epochs' pace.
    public var samplesPerSecond: Double?
    /// The epochs' metrics, whose last values become the run's `latest`, in the order they should be
    /// listed.
    public var metrics: [MetricSeries]
    /// The entries of the run's `best` that are new; others stay.
    public var best: [String: Double]
    /// The network at the end of the last epoch, if it is to be kept.
    public var network: NetworkRecord?
    /// What going on from here needs beside the network, where that is to be kept; at most 1,000,000,000
    /// bytes.
    public var state: [UInt8]?

    /// Describes an epoch.
    public init(
        runID: String, epoch: Int, step: Int, samplesPerSecond: Double? = nil,
        metrics: [MetricSeries], best: [String: Double] = [:], network: NetworkRecord? = nil,
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
