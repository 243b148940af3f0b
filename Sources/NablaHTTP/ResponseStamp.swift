/// The lines `Server` and `Date` (RFC 9110 §10.2.4, §6.6.1), made anew when the second changes.
public struct ResponseStamp: Sendable {
    private let server: String
    private var seconds = -1
    /// Both lines, each with its CRLF.
    public private(set) var lines: [UInt8] = []

    /// Makes lines for a server of this name; an empty name sends no `Server`.
    public init(server: String) {
        self.server = server
    }

    /// Brings the date to a time.
    ///
    /// - Parameter seconds: Seconds since 1970-01-01 00:00:00 UTC.
    public mutating func update(seconds: Int) {
        guard seconds != self.seconds else { return }
        self.seconds = seconds
        lines.removeAll(keepingCapacity: true)
        if !server.isEmpty { lines.append(contentsOf: "Server: \(server)\r\n".utf8) }
        lines.append(contentsOf: "Date: ".utf8)
        HTTPDate.write(seconds: seconds, to: &lines)
        lines.appendLineEnd()
    }
}

/// Dates as HTTP writes them.
public enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Writes an IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    ///
    /// - Parameters:
    ///   - seconds: Seconds since 1970-01-01 00:00:00 UTC, not negative.
    ///   - bytes: Gets the 29 characters at its end.
    public static func write(seconds: Int, to bytes: inout [UInt8]) {
        let day = seconds / 86_400
        let (year, month, dayOfMonth) = civil(day)
        bytes.append(contentsOf: weekdays[day % 7].utf8)
        bytes.append(contentsOf: ", ".utf8)
        bytes.appendDecimal(dayOfMonth, width: 2)
        bytes.append(contentsOf: " \(months[month - 1]) ".utf8)
        bytes.appendDecimal(year, width: 4)
        bytes.append(.space)
        bytes.appendDecimal(seconds / 3_600 % 24, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDecimal(seconds / 60 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDecimal(seconds % 60, width: 2)
        bytes.append(contentsOf: " GMT".utf8)
    }

    /// The date of a day counted from 1970-01-01, in the Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is a year's last.
    private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468  // days since 0000-03-01
        let era = shifted / 146_097  // a period of 400 years
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
    }
}
