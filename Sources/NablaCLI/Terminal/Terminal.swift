import Foundation
import Glibc

/// What standard output is.
struct Terminal {
    /// Whether lines can be drawn over: it is a terminal, and no dumb one.
    let isInteractive: Bool
    /// Whether colours are wanted there.
    ///
    /// - Source: https://no-color.org: `NO_COLOR`, when it is there and not empty, wants none.
    let hasColours: Bool

    /// Looks at standard output and the environment.
    static let output = Terminal(
        isTerminal: isatty(STDOUT_FILENO) == 1, environment: ProcessInfo.processInfo.environment)

    init(isTerminal: Bool, environment: [String: String]) {
        isInteractive = isTerminal && environment["TERM"] != "dumb"
        hasColours = isInteractive && environment["NO_COLOR", default: ""].isEmpty
    }

    /// How many columns a line has now; 80 where nobody says.
    var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return 80
        }
        return Int(size.ws_col)
    }

    /// The text in a colour, where there are colours.
    func coloured(_ text: String, _ colour: Colour) -> String {
        hasColours ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A colour by its number (ECMA-48, SGR).
    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
        case grey = 90
    }
}
