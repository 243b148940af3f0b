import Logging
import NablaService
import NablaSockets

/// Everything `nabla serve` can be told.
struct ServeSettings: Sendable {
    /// How the service runs.
    var service = Settings()
    /// What is logged.
    var logLevel = Logger.Level.info
    /// How it is written.
    var logFormat = LogFormat.text
}

extension Setting {
    /// Every setting, in the order of config/nabla.example.yaml.
    static let all: [Setting] = general + http + limits + workers + training + database

    /// Those among which all of these keys are: making every setting takes a start 0.3 ms.
    static func covering(_ keys: some Sequence<String>) -> [Setting] {
        keys.contains { $0.contains(".") } ? all : general
    }

    private static let general: [Setting] = [
        Setting(
            key: "listen", summary: "where to listen: host:port or unix:/path, several with commas",
            text: { $0.service.server.addresses.map(\.description).joined(separator: ",") },
            set: { (settings, text) throws(CommandError) in
                settings.service.server.addresses = try addresses(text)
            }),
        Setting(
            key: "socket_mode",
            summary: "permission bits of a Unix socket's file, in octal: who may connect",
            text: { String($0.service.server.socketMode, radix: 8) },
            set: { (settings, text) throws(CommandError) in
                guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                    throw CommandError("must be an octal number from 0 to 777")
                }
                settings.service.server.socketMode = mode
            }),
        .text("data", \.service.dataDirectory, "the folder of the database"),
        .flag(
            "insecure", \.service.isInsecure,
            "listen beyond loopback although there is no token, so that anybody there could call"),
        Setting(
            key: "log_level",
            summary: "what is logged: trace, debug, info, notice, warning, error or critical",
            text: { $0.logLevel.rawValue },
            set: { (settings, text) throws(CommandError) in
                guard let level = Logger.Level(rawValue: text) else {
                    let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandError("must be one of \(levels)")
                }
                settings.logLevel = level
            }),
        Setting(
            key: "log_format", summary: "how it is written: text, or json, an object a line",
            text: { $0.logFormat.rawValue },
            set: { (settings, text) throws(CommandError) in
                guard let format = LogFormat(rawValue: text) else {
                    throw CommandError("must be text or json")
                }
                settings.logFormat = format
            }),
        .int(
            "shutdown_seconds", \.service.shutdownSeconds, in: 0...3600,
            "how long a graceful stop may take, in seconds"),
        .int(
            "kept_bytes", \.service.keptBytes, in: 0...Int(Int32.max),
            "bytes of freed memory kept for the next request, in each heap and by each worker"),
    ]

    private static func addresses(_ text: String) throws(CommandError) -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        for part in text.split(separator: ",") {
            do {
                addresses.append(try ListenAddress(part.filter { $0 != " " }))
            } catch {
                throw CommandError("must be addresses: \(error)")
            }
        }
        guard !addresses.isEmpty else { throw CommandError("must name an address") }
        return addresses
    }

    private static let http: [Setting] = [
        .int(
            "http.loops", \.service.server.loops, in: 1...64,
            "threads that read and write; more than 1 pays only where cores outnumber the workers"),
        .int(
            "http.connections", \.service.server.connections, in: 1...1_000_000,
            "connections at a time; the next is answered 503"),
        .int(
            "http.requests_per_connection", \.service.server.requestsPerConnection, in: 1...(.max),
            "requests of one connection before it is closed"),
        .int(
            "http.event_streams", \.service.server.eventStreams, in: 0...1_000_000,
            "event streams at a time; the next is answered 503"),
        .int(
            "http.stream_buffer_bytes", \.service.server.streamBufferBytes, in: 1024...(.max),
            "bytes that may wait for the reader of a stream before it is cut"),
        .int(
            "http.stream_missed_events", \.service.queries.missedEvents, in: 1...(.max),
            "events that may come in while the reader of a stream takes nothing before it is cut"),
        .seconds(
            "http.heartbeat_seconds", \.service.server.timeouts.heartbeat,
            "how long an event stream may be silent before a comment is sent, in seconds"),
        .seconds(
            "http.head_seconds", \.service.server.timeouts.head,
            "how long the head of a request may take to arrive, in seconds"),
        .seconds(
            "http.body_seconds", \.service.server.timeouts.body,
            "how long a body may bring nothing, or stay below its least rate, in seconds"),
        .int(
            "http.body_bytes_per_second", \.service.server.timeouts.minimumBodyRate, in: 0...(.max),
            "the least rate of a body, in bytes a second"),
        .seconds(
            "http.idle_seconds", \.service.server.timeouts.idle,
            "how long a connection may be idle, in seconds"),
        .seconds(
            "http.write_seconds", \.service.server.timeouts.write,
            "how long a client may take nothing of its answer, in seconds"),
        .seconds(
            "http.linger_seconds", \.service.server.timeouts.linger,
            "how long the rest of a refused message is received before cutting, in seconds"),
        .int(
            "http.linger_bytes", \.service.server.lingerBytes, in: 0...(.max),
            "bytes of a refused message that are received before cutting"),
        .int(
            "http.gzip_bytes", \.service.compression.gzipBytes, in: 0...(.max),
            "answers from this many bytes on are compressed for those who ask for it"),
        Setting(
            key: "http.cors_origins",
            summary:
                "origins whose pages may read answers, several with commas; * for all, or none",
            text: {
                let origins = $0.service.crossOrigins
                return origins.isEmpty ? "none" : origins.joined(separator: ",")
            },
            set: { (settings, text) throws(CommandError) in
                settings.service.crossOrigins = text == "none" ? [] : try origins(text)
            }),
    ]

    private static func origins(_ text: String) throws(CommandError) -> [String] {
        let parts = text.split(separator: ",").map { $0.filter { $0 != " " } }
        // What browsers send: scheme and host in lower case, and no path (RFC 6454, section 6.1).
        let areOrigins = parts.allSatisfy { part in
            part.wholeMatch(of: #/https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?/#) != nil
        }
        guard parts == ["*"] || areOrigins && !parts.isEmpty else {
            throw CommandError("must be origins such as https://app.example.org, or *, or none")
        }
        return parts
    }

    private static let limits: [Setting] = [
        .int(
            "limits.head_bytes", \.service.server.limits.headBytes, in: 256...(.max),
            "bytes of a request's head; more is answered 431"),
        .int(
            "limits.target_bytes", \.service.server.limits.targetBytes, in: 16...(.max),
            "bytes of a request's target; more is answered 414"),
        .int(
            "limits.fields", \.service.server.limits.fieldCount, in: 1...100_000,
            "fields of a request's head; more is answered 431"),
        .int(
            "limits.body_bytes", \.service.server.limits.bodyBytes, in: 0...(.max),
            "bytes of a body; more is answered 413 before it is read"),
        .int(
            "limits.upload_bytes", \.service.server.limits.uploadBytes, in: 0...(.max),
            "bytes of a dataset sent as CSV or safetensors; more is answered 413 before it is read"),
        .int(
            "limits.scratch_bytes", \.service.scratchBytes, in: 0...(.max),
            "bytes on the disk of all uploads under way; more is refused as on a full disk"),
        .int(
            "limits.inflated_bytes", \.service.compression.inflatedBytes, in: 0...(.max),
            "bytes that may come of a compressed body; more is answered 413"),
        .int(
            "limits.chunk_line_bytes", \.service.server.limits.chunkLineBytes, in: 16...(.max),
            "bytes of a chunk's first line"),
        .int(
            "limits.chunk_extension_bytes", \.service.server.limits.chunkExtensionBytes,
            in: 0...(.max), "bytes of all chunk extensions of a body"),
        .int(
            "limits.trailer_bytes", \.service.server.limits.trailerBytes, in: 0...(.max),
            "bytes of the trailer after a chunked body"),
        .int(
            "limits.requests_per_second", \.service.rate.requestsPerSecond, in: 0...1_000_000,
            "requests a second of each token, or of all without one; more is answered 429; 0 for any"
        ),
        .int(
            "limits.burst_requests", \.service.rate.burst, in: 1...1_000_000,
            "requests that may come at once before requests_per_second counts"),
        .int(
            "limits.json_depth", \.service.jsonDepth, in: 1...1000,
            "how deep a JSON body may nest"),
        .int(
            "limits.batch_requests", \.service.batchRequests, in: 1...(.max),
            "requests of a batch; more is answered 413"),
        .int(
            "limits.result_numbers", \.service.resultNumbers, in: 1...(.max),
            "numbers of an answer beside the parameters' gradients, and of a batch's; more is answered 400"
        ),
        .int(
            "limits.check_products", \.service.checkProducts, in: 1...(.max),
            "multiplications of a gradient check, 2 · parameters² · samples; more is answered 422"),
        .int(
            "limits.filter_conditions", \.service.queries.filterConditions, in: 1...200,
            "conditions of a filter of runs; more is answered 400"),
        .int(
            "limits.filter_values", \.service.queries.filterValues, in: 1...10_000,
            "values of an IN in a filter of runs; more is answered 400"),
        .int(
            "limits.compared_runs", \.service.queries.comparedRuns, in: 2...10_000,
            "runs compared with one another; more is answered 400"),
    ]

    private static let workers: [Setting] = [
        .int(
            "pool.workers", \.service.pool.workers, in: 0...1024,
            "threads that compute, and as many that train; 0 for one a core"),
        .int(
            "pool.queued_requests", \.service.pool.queuedRequests, in: 1...1_000_000,
            "requests that may wait for a worker; the next is answered 503"),
        .int(
            "pool.inline_bytes", \.service.pool.inlineBytes, in: 0...65_536,
            "bodies up to this many bytes are answered without a worker, where that is little work"),
    ]

    private static let training: [Setting] = [
        .int(
            "training.concurrent_runs", \.service.training.concurrentRuns, in: 1...1024,
            "runs that train at the same time"),
        .int(
            "training.queued_runs", \.service.training.queuedRuns, in: 0...1_000_000,
            "runs that may wait to train; the next is answered 503"),
        .int(
            "training.queued_runs_per_token", \.service.training.queuedRunsPerToken,
            in: 0...1_000_000,
            "runs of one token that may wait to train; the next is answered 503; 0 for any number"),
        .int(
            "training.restarts", \.service.training.restarts, in: 0...1_000_000,
            "how often a run is taken up again after crashes without a checkpoint in between"),
        .int(
            "training.parameters", \.service.training.parameters, in: 1...1_000_000_000,
            "parameters that a trained network may have"),
        .int(
            "training.epochs", \.service.training.epochs, in: 1...(.max),
            "epochs that a run may have"),
        .int(
            "training.samples", \.service.training.samples, in: 1...(.max),
            "samples that a run may have, those of its validation included"),
        .int(
            "training.stored_bytes", \.service.training.storedBytes, in: 1...(.max),
            "bytes of the database that a run may take: request, network and optimizer's state"),
        .int(
            "training.text_bytes", \.service.training.textBytes, in: 1...1_000_000_000,
            "bytes that a run's name, tags and notes may have together"),
        .int(
            "training.niceness", \.service.training.niceness, in: 0...19,
            "how readily threads that train leave a processor to others, as in nice(1)"),
        .int(
            "training.slice_milliseconds", \.service.training.sliceMilliseconds, in: 1...1000,
            "the time a run keeps a worker before others get their turn, in milliseconds"),
        .int(
            "training.checkpoint_seconds", \.service.training.checkpointSeconds, in: 0...86_400,
            "the least time between two checkpoints of a run, in seconds"),
        .int(
            "training.wait_seconds", \.service.training.waitSeconds, in: 0...3600,
            "the longest Prefer: wait that is granted, in seconds"),
    ]

    private static let database: [Setting] = [
        .int(
            "database.bytes", \.service.databaseBytes, in: 0...(.max),
            "bytes that the database's file may grow to; 0 for any number"),
        .int(
            "retention.days", \.service.retention.days, in: 0...100_000,
            "runs that ended more than so many days ago are deleted; 0 for none"),
        .int(
            "retention.runs", \.service.retention.runs, in: 0...1_000_000_000,
            "all but so many of the runs that ended last are deleted; 0 for none"),
    ]
}
