import NablaService
import NablaSockets

/// One setting: its name in a file, what it means, and how it becomes part of the service's settings.
///
/// `http.body_bytes` in a file is `NABLA_HTTP_BODY_BYTES` in the environment.
struct Setting: Sendable {
    /// The name, its parts joined by dots.
    let key: String
    /// What it means, with unit, in one line.
    let summary: String
    /// The value in those settings, as text.
    let text: @Sendable (ServeSettings) -> String
    /// Takes a text for the value; throws what would be right.
    let set: @Sendable (inout ServeSettings, String) throws(CommandError) -> Void

    /// A whole number with its bounds.
    static func int(
        _ key: String, _ path: any WritableKeyPath<ServeSettings, Int> & Sendable,
        in range: ClosedRange<Int>, _ summary: String
    ) -> Setting {
        Setting(key: key, summary: summary, text: { String($0[keyPath: path]) }) {
            (settings, text) throws(CommandError) in
            guard let number = Int(text), range.contains(number) else {
                let bounds =
                    range.upperBound == .max
                    ? "of at least \(range.lowerBound)"
                    : "from \(range.lowerBound) to \(range.upperBound)"
                throw CommandError("must be a whole number \(bounds)")
            }
            settings[keyPath: path] = number
        }
    }

    /// A time in whole seconds.
    static func seconds(
        _ key: String, _ path: any WritableKeyPath<ServeSettings, Duration> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(
            key: key, summary: summary, text: { String($0[keyPath: path].components.seconds) }
        ) { (settings, text) throws(CommandError) in
            guard let number = Int(text), (1...86_400).contains(number) else {
                throw CommandError("must be a whole number of seconds from 1 to 86400")
            }
            settings[keyPath: path] = .seconds(number)
        }
    }

    /// A text that may be anything but empty.
    static func text(
        _ key: String, _ path: any WritableKeyPath<ServeSettings, String> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(key: key, summary: summary, text: { $0[keyPath: path] }) {
            (settings, text) throws(CommandError) in
            guard !text.isEmpty else { throw CommandError("must not be empty") }
            settings[keyPath: path] = text
        }
    }

    /// A switch.
    static func flag(
        _ key: String, _ path: any WritableKeyPath<ServeSettings, Bool> & Sendable,
        _ summary: String
    ) -> Setting {
        Setting(key: key, summary: summary, text: { String($0[keyPath: path]) }) {
            (settings, text) throws(CommandError) in
            guard let value = Bool(text) else { throw CommandError("must be true or false") }
            settings[keyPath: path] = value
        }
    }
}
