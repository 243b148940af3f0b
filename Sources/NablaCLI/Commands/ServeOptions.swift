import ArgumentParser
import Foundation

/// The settings that have flags, and where the others come from.
struct ServeOptions: ParsableArguments {
    @Option(
        help:
            "Where to listen: host:port or unix:/path, several with commas; port 0 takes a free one."
    )
    var listen: String?

    @Option(help: "The folder of the database.")
    var data: String?

    @Option(help: "Threads that compute; 0 for one a core.")
    var workers: Int?

    @Option(help: "What to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(help: "How it is logged: text, or json, an object a line.")
    var logFormat: String?

    @Flag(help: "Listen beyond loopback although there is no token, so that anybody could call.")
    var insecure = false

    @Option(help: "The settings' YAML file (default: $NABLA_CONFIG, else none).")
    var config: String?

    /// Reads the settings: what is given here, then the environment, then the file.
    var reader: SettingsReader {
        let environment = ProcessInfo.processInfo.environment
        var flags: [String: String] = [:]
        flags["listen"] = listen
        flags["data"] = data
        flags["pool.workers"] = workers.map(String.init)
        flags["log_level"] = logLevel
        flags["log_format"] = logFormat
        if insecure { flags["insecure"] = "true" }
        return SettingsReader(
            flags: flags, environment: environment, file: config ?? environment["NABLA_CONFIG"])
    }
}
