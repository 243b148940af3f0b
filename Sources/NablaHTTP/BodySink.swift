/// What takes a body as it arrives, where memory isn't to hold the whole.
///
/// It has one body, whose connection is the only one to give it bytes. A body that never gets whole is
/// dropped together with its sink.
public protocol BodySink: AnyObject, Sendable {
    /// Bytes that the body may have, decoded; beyond them 413.
    var byteLimit: Int { get }

    /// Whether somebody will read the body, as by default; where nobody will, a client that waits for
    /// `100 Continue` is answered without it.
    var isRead: Bool { get }

    /// Takes the next bytes of the body, decoded.
    ///
    /// Called on the loop's thread, so it must not wait.
    ///
    /// - Returns: Whether there is room for more. Where there isn't, nothing more is received until the
    ///   sink says so in the way it was given with the head.
    func take(_ bytes: Span<UInt8>) -> Bool
}

extension BodySink {
    /// Has somebody read the body.
    public var isRead: Bool { true }
}
