/// Why a message never became a request: what to answer before the connection is closed.
public struct MessageError: Error, Sendable, Equatable {
    /// The status of the answer.
    public let status: Status
    /// What is wrong with the message, as a sentence without a full stop.
    public let detail: String

    /// Describes what is wrong with a message.
    ///
    /// - Parameters:
    ///   - status: The status of the answer.
    ///   - detail: What is wrong, as a sentence without a full stop.
    public init(_ status: Status, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}

/// What a parser says about the bytes it was shown.
public enum ParseResult<Value> {
    /// The message part is complete and ends after `consumed` bytes.
    case complete(Value, consumed: Int)
    /// Nothing is wrong so far; show the same bytes again with more behind them.
    case needsMore
    /// No continuation can make this a message.
    case invalid(MessageError)
}

extension ParseResult: Sendable where Value: Sendable {}
