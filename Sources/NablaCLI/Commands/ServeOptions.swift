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
        var flags: [String: String] = [:]
        flags["listen"] = listen
        flags["data"] = data
        flags["pool.workers"] = workers.map(String.init)
        flags["log_level"] = logLevel
        flags["log_format"] = logFormat
        if insecure { flags["insecure"] = "true" }
        return ServeOptions.reader(flags, file: config)
    }

    private static func reader(_ flags: [String: String], file: String?) -> SettingsReader {
        let environment = ProcessInfo.processInfo.environment
        return SettingsReader(
            flags: flags, environment: environment, file: file ?? environment["NABLA_CONFIG"])
    }
}

extension ServeOptions {
    /// The key of the setting that an option with a value gives.
    private static func key(of option: String) -> String? {
        switch option {
        case "--listen": "listen"
        case "--data": "data"
        case "--workers": "pool.workers"
        case "--log-level": "log_level"
        case "--log-format": "log_format"
        default: nil
        }
    }

    /// Reads `serve` and its options as nearly all services are started: each once, its value behind a space.
    ///
    /// swift-argument-parser takes 3 ms for them, a fifth of the time until a service answers.
    ///
    /// - Returns: Nil for whatever else is there, which that parser reads or refuses.
    static func reader(ofPlain arguments: [String]) -> SettingsReader? {
        guard arguments.first == "serve" else { return nil }
        var flags: [String: String] = [:]
        var file: String?
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            if option == "--insecure", flags["insecure"] == nil {
                flags["insecure"] = "true"
                continue
            }
            guard let value = rest.popFirst(), !value.hasPrefix("-") else { return nil }
            if option == "--config", file == nil {
                file = value
            } else if let key = key(of: option), flags[key] == nil,
                key != "pool.workers" || Int(value).map(String.init) == value
            {
                flags[key] = value
            } else {
                return nil
            }
        }
        return reader(flags, file: file)
    }
}
