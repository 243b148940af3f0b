import NablaJSON
import NablaNetworks

extension TrainingSettings {
    static let fields: [StaticString] = [
        "optimizer", "schedule", "epochs", "batch_size", "shuffle", "drop_last", "seed", "dtype",
        "clip_norm", "clip_value", "metrics", "early_stopping", "health_every",
        "checkpoint_every",
    ]

    /// Reads the settings, which stand beside the other fields of a request.
    init(reading object: JSONObject, of value: JSONValue) throws {
        let optimizer =
            try object.readIfPresent("optimizer") { try Optimizer(reading: $0) } ?? .sgd(SGD())
        let schedule =
            try object.readIfPresent("schedule") { try Schedule(reading: $0) } ?? .constant
        let whole = { (name: StaticString) in try object.readIfPresent(name) { try $0.int() } }
        let number = { (name: StaticString) in try object.readIfPresent(name) { try $0.double() } }
        let flag = { (name: StaticString) in try object.readIfPresent(name) { try $0.bool() } }
        let seed = try object.readIfPresent("seed") { try UInt64(readingSeed: $0) }
        let dtype = try object.readIfPresent("dtype") { try DType(reading: $0) }
        let names = Metric.allCases.map(\.rawValue)
        let metrics = try object.readIfPresent("metrics") { list in
            try list.list { item in
                try item.name(of: "metric", among: names) { Metric(rawValue: $0) }
            }
        }
        let earlyStopping = try object.readIfPresent("early_stopping") {
            try EarlyStopping(reading: $0)
        }
        self = try value.checked {
            try TrainingSettings(
                optimizer: optimizer, schedule: schedule, epochs: whole("epochs") ?? 1,
                batchSize: whole("batch_size"), shuffle: flag("shuffle") ?? true,
                dropLast: flag("drop_last") ?? false, seed: seed ?? 0, dtype: dtype ?? .float32,
                clipNorm: number("clip_norm"), clipValue: number("clip_value"),
                metrics: metrics ?? [], earlyStopping: earlyStopping,
                healthEvery: whole("health_every"),
                checkpointEvery: whole("checkpoint_every") ?? 1)
        }
    }

    /// Writes every setting as a field of the object that is open.
    func write(to writer: inout JSONWriter) {
        writer.key("optimizer")
        optimizer.write(to: &writer)
        writer.key("schedule")
        schedule.write(to: &writer)
        writer.field("epochs", epochs)
        writer.field("batch_size", batchSize)
        writer.field("shuffle", shuffle)
        writer.field("drop_last", dropLast)
        writer.field("seed", Int(clamping: seed))
        writer.field("dtype", dtype.rawValue)
        writer.field("clip_norm", clipNorm)
        writer.field("clip_value", clipValue)
        writer.key("metrics")
        writer.beginArray()
        for metric in metrics { writer.string(metric.rawValue) }
        writer.endArray()
        if let earlyStopping {
            writer.key("early_stopping")
            earlyStopping.write(to: &writer)
        }
        writer.field("health_every", healthEvery)
        // Left out where it is what runs have that were stored without it.
        writer.field("checkpoint_every", checkpointEvery == 1 ? nil : checkpointEvery)
    }
}

extension UInt64 {
    /// Reads a seed: a whole number of 63 bits.
    init(readingSeed value: JSONValue) throws {
        guard let seed = UInt64(exactly: try value.int()) else {
            throw Problem(.outOfRange, "seed must be at least 0", pointer: value.pointer)
        }
        self = seed
    }
}
