import Foundation
import Logging
import NablaAPI
import NablaJSON

/// How the log is written.
enum LogFormat: String, Sendable {
    /// Lines for people.
    case text
    /// An object a line, for programs.
    case json

    /// Writes to standard error.
    var logger: Logger {
        Logger(label: "nabla") { label in
            switch self {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler { StandardStream.errors.write($0) }
            }
        }
    }
}

/// Writes each record as one JSON object and a line end: `time`, `level`, `message`, then what belongs to
/// it, in alphabetical order.
struct JSONLogHandler: LogHandler {
    /// Writes a line as a whole.
    let write: @Sendable ([UInt8]) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.key("time")
        writer.string(Timestamp.now.text)
        writer.key("level")
        writer.string(event.level.rawValue)
        writer.key("message")
        writer.string("\(event.message)")
        if let error = event.error {
            writer.key("error")
            writer.string("\(error)")
        }
        append(metadata.merging(event.metadata ?? [:]) { $1 }, to: &writer)
        writer.endObject()
        write(writer.finish() + [UInt8(ascii: "\n")])
    }

    private func append(_ metadata: Logger.Metadata, to writer: inout JSONWriter) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            writer.key(escaping: key)
            append(value, to: &writer)
        }
    }

    private func append(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.string(text)
        case .stringConvertible(let number as Int): writer.int(number)
        case .stringConvertible(let number as Double): writer.number(number)
        case .stringConvertible(let other): writer.string("\(other)")
        case .dictionary(let members):
            writer.beginObject()
            append(members, to: &writer)
            writer.endObject()
        case .array(let elements):
            writer.beginArray()
            for element in elements { append(element, to: &writer) }
            writer.endArray()
        }
    }
}
