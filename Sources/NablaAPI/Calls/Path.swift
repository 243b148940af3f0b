/// The paths of the contract, once for server and client.
public enum Path {
    /// The loss and its gradient for every parameter.
    public static let gradients = "/gradients"
    /// Gradients held against differences.
    public static let check = "/check"
    /// Many gradient requests at once.
    public static let gradientsBatch = "/gradients/batch"
    /// The outputs of a network.
    public static let predict = "/predict"
    /// A new run.
    public static let train = "/train"
    /// The history of runs.
    public static let runs = "/runs"
    /// Runs side by side.
    public static let runsCompare = "/runs/compare"
    /// The whole history.
    public static let runsExport = "/runs/export"
    /// The stored samples.
    public static let datasets = "/datasets"
    /// The stored networks.
    public static let networks = "/networks"
    /// What happens to many runs.
    public static let events = "/events"
    /// Whether the process is alive.
    public static let healthz = "/healthz"
    /// Whether it is ready for requests.
    public static let readyz = "/readyz"
    /// What is counted of the service, for Prometheus.
    public static let metrics = "/metrics"
    /// Which program answers.
    public static let version = "/version"
    /// The contract as an OpenAPI document.
    public static let openAPI = "/openapi.json"

    /// What can be asked of one run.
    public enum RunPart: String, Sendable, CaseIterable {
        case metrics
        case network
        case events
        case cancel
        case resume
    }

    /// The path of one stored dataset.
    public static func dataset(_ name: String) -> String { "\(datasets)/\(name)" }

    /// The path of one stored network.
    public static func network(_ name: String) -> String { "\(networks)/\(name)" }

    /// The path of one run, or of a part of it.
    public static func run(_ id: String, _ part: RunPart? = nil) -> String {
        part.map { "\(runs)/\(id)/\($0.rawValue)" } ?? "\(runs)/\(id)"
    }
}
