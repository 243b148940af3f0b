import Foundation
import NablaAPI

/// A number with six significant digits; padded so that columns of them line up.
func formatted(_ number: Double, padded: Bool = false) -> String {
    String(format: padded ? "%12.6g" : "%.6g", number)
}

/// A share as a percentage with one digit after the point.
func percentage(_ share: Double) -> String {
    String(format: "%.1f %%", share * 100)
}

/// A time span as people say it: `850 ms`, `12.3 s`, `4 min 05 s`.
func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: String(format: "%.0f ms", seconds * 1000)
    case ..<60: String(format: "%.1f s", seconds)
    case ..<3600: String(format: "%d min %02d s", Int(seconds) / 60, Int(seconds) % 60)
    default: String(format: "%d h %02d min", Int(seconds) / 3600, Int(seconds) / 60 % 60)
    }
}

/// A moment to the minute, in UTC: `2026-01-02 03:04`.
func minute(_ time: Timestamp) -> String {
    String(time.text.prefix(16)).replacing("T", with: " ")
}

/// A number of bytes in the largest unit in which it is at least 1: `512 B`, `1.5 KiB`.
func size(_ bytes: Int) -> String {
    var (number, units) = (Double(bytes), ["KiB", "MiB", "GiB", "TiB"][...])
    var unit = "B"
    while number >= 1024, let larger = units.popFirst() {
        (number, unit) = (number / 1024, larger)
    }
    return unit == "B" ? "\(bytes) B" : String(format: "%.1f %@", number, unit)
}
