import NablaJSON

/// The metrics of a run over its epochs: the answer of `GET /runs/{id}/metrics`.
public struct MetricHistory: Sendable, Equatable {
    /// One value of one metric.
    public struct Point: Sendable, Equatable {
        /// The epoch it was measured after, from 1.
        public let epoch: Int
        /// The optimizer steps done by then.
        public let step: Int
        /// The value.
        public let value: Double
        /// When it was recorded.
        public let time: Timestamp

        /// Makes a point.
        public init(epoch: Int, step: Int, value: Double, time: Timestamp) {
            self.epoch = epoch
            self.step = step
            self.value = value
            self.time = time
        }
    }

    /// The points of each metric, by epoch, the metrics in the order they were recorded in.
    public let metrics: [(key: String, points: [Point])]

    /// Makes a history.
    public init(metrics: [(key: String, points: [Point])]) {
        self.metrics = metrics
    }

    /// The points of one metric, empty for one that was never recorded.
    public subscript(key: String) -> [Point] {
        metrics.first { $0.key == key }?.points ?? []
    }

    /// Whether they have the same points of the same metrics, in the same order.
    public static func == (left: MetricHistory, right: MetricHistory) -> Bool {
        left.metrics.elementsEqual(right.metrics) { $0.key == $1.key && $0.points == $1.points }
    }
}

extension MetricHistory {
    /// The history as the body of a message.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("metrics")
        writer.beginObject()
        for (key, points) in metrics {
            writer.key(escaping: key)
            writer.beginArray()
            for point in points {
                writer.beginObject()
                writer.field("epoch", point.epoch)
                writer.field("step", point.step)
                writer.field("value", point.value)
                writer.field("time", point.time.text)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    /// The history as CSV: `key,epoch,step,value,time`, a line a point.
    public func csv() -> [UInt8] {
        var text = "key,epoch,step,value,time\n"
        for (key, points) in metrics {
            for point in points {
                text += "\(key),\(point.epoch),\(point.step),\(point.value),\(point.time.text)\n"
            }
        }
        return Array(text.utf8)
    }

    /// Reads a history that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            let metrics = try JSONDocument(parsing: body).root.anyObject().required("metrics")
            return MetricHistory(
                metrics: try metrics.anyObject().map { key, value in
                    (key, try value.list { try Point(reading: $0) })
                })
        }
    }
}

extension MetricHistory.Point {
    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            epoch: try object.read("epoch") { try $0.int() },
            step: try object.read("step") { try $0.int() },
            value: try object.read("value") { try $0.double() },
            time: try object.read("time") { try Timestamp(reading: $0) })
    }
}
