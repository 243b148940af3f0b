import NablaJSON
import NablaNetworks

extension Schedule {
    /// Reads a name, or an object with `type`, the schedule's settings and `warmup_epochs`.
    init(reading value: JSONValue) throws {
        let typeName = try value.typeName()
        let name = try typeName.string()
        guard Schedule.names.contains(name) else {
            throw Problem.unknownName(
                name, of: "schedule", among: Schedule.names, at: typeName.pointer)
        }
        let known = Schedule.settings[name] ?? []
        let settings = try value.settings(known + ["warmup_epochs"])
        let warmup = try settings?.readIfPresent("warmup_epochs") { try $0.int() }
        self = try value.checked {
            try Schedule(Kind(name: name, settings: settings, of: value), warmupEpochs: warmup ?? 0)
        }
    }

    private static let settings: [String: [StaticString]] = [
        "step": ["step_size", "gamma"],
        "exponential": ["gamma"],
        "cosine": ["t_max", "eta_min"],
        "reduce_on_plateau": ["factor", "patience"],
    ]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("type", name)
        switch kind {
        case .constant: break
        case .step(let stepSize, let gamma):
            writer.field("step_size", stepSize)
            writer.field("gamma", gamma)
        case .exponential(let gamma):
            writer.field("gamma", gamma)
        case .cosine(let tMax, let etaMin):
            writer.field("t_max", tMax)
            writer.field("eta_min", etaMin)
        case .reduceOnPlateau(let factor, let patience):
            writer.field("factor", factor)
            writer.field("patience", patience)
        }
        writer.field("warmup_epochs", warmupEpochs)
        writer.endObject()
    }
}

extension Schedule.Kind {
    /// Makes the kind of that name, which must be one of `Schedule.names`.
    fileprivate init(name: String, settings: JSONObject?, of value: JSONValue) throws {
        func required<Value>(
            _ setting: StaticString, _ read: (JSONValue) throws -> Value
        ) throws -> Value {
            guard let settings else {
                throw Problem(
                    .missingField,
                    "the schedule \(name) needs \(setting): {\"type\": \"\(name)\", \"\(setting)\": …}",
                    pointer: value.pointer)
            }
            return try settings.read(setting, read)
        }
        let number = { (setting: StaticString) in
            try settings?.readIfPresent(setting) { try $0.double() }
        }
        switch name {
        case "constant": self = .constant
        case "step":
            self = .step(
                stepSize: try required("step_size") { try $0.int() },
                gamma: try number("gamma") ?? 0.1)
        case "exponential":
            self = .exponential(gamma: try required("gamma") { try $0.double() })
        case "cosine":
            self = .cosine(
                tMax: try required("t_max") { try $0.int() }, etaMin: try number("eta_min") ?? 0)
        default:
            self = .reduceOnPlateau(
                factor: try number("factor") ?? 0.1,
                patience: try settings?.readIfPresent("patience") { try $0.int() } ?? 10)
        }
    }
}
