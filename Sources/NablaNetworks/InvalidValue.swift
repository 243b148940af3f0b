/// A value that can't be, or that doesn't fit the values beside it.
///
/// Every checked value of this module throws it from its initialiser. The pointer is relative to the
/// value being made; whoever holds that value inside a larger one adds the way there with `under(_:)`.
public struct InvalidValue: Error, Sendable, Equatable {
    /// What kind of wrong it is, which decides the answer a caller of the service gets.
    public enum Reason: Sendable, Equatable {
        /// The value is wrong by itself: a rate of −1, zero units.
        case outOfRange
        /// The value's shape doesn't fit another's.
        case shapeMismatch
        /// The value is possible, but not together with the others.
        case inconsistent
    }

    /// What kind of wrong it is.
    public let reason: Reason
    /// What is wrong and what would be right, as a sentence without a full stop.
    public let detail: String
    /// Where the value is, as an RFC 6901 JSON pointer; empty for the value itself.
    public let pointer: String

    /// Describes a wrong value.
    ///
    /// - Parameters:
    ///   - reason: What kind of wrong it is.
    ///   - detail: What is wrong and what would be right.
    ///   - pointer: Where it is, relative to the value being made.
    public init(_ reason: Reason, _ detail: String, at pointer: String = "") {
        self.reason = reason
        self.detail = detail
        self.pointer = pointer
    }

    /// Gives the same error as seen from a value that holds this one under `prefix`.
    public func under(_ prefix: String) -> InvalidValue {
        InvalidValue(reason, detail, at: prefix + pointer)
    }
}

/// Runs `body` and lets its error point below `prefix`.
public func checked<Value>(
    under prefix: String, _ body: () throws(InvalidValue) -> Value
) throws(InvalidValue) -> Value {
    do {
        return try body()
    } catch {
        throw error.under(prefix)
    }
}

/// Refuses numbers that are NaN, infinite or outside `range`.
func require(
    _ value: Double, in range: ClosedRange<Double>, named name: String, at pointer: String
) throws(InvalidValue) {
    guard value.isFinite, range.contains(value) else {
        throw InvalidValue(
            .outOfRange, "\(name) is \(value.plain), but must be \(range.words)", at: pointer)
    }
}

extension Double {
    /// The number as people write it: a whole one without a point.
    fileprivate var plain: String {
        self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)"
    }
}

extension ClosedRange<Double> {
    /// What a number in it is, where it may begin just above 0 and end just below 1.
    fileprivate var words: String {
        let isOpen = (
            lower: lowerBound == .leastNonzeroMagnitude, upper: upperBound == 1.0.nextDown
        )
        let lower = isOpen.lower ? "above 0" : "at least \(lowerBound.plain)"
        if upperBound.isInfinite { return lower }
        if isOpen.upper { return "\(lower) and below 1" }
        return isOpen.lower
            ? "above 0 and at most \(upperBound.plain)"
            : "from \(lowerBound.plain) to \(upperBound.plain)"
    }
}
