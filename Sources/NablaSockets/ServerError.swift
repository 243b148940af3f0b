/// Why a server can't start, with a sentence that says what to do.
public enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text is no address.
    case invalidAddress(String)
    /// Another program, or this one, already listens there.
    case addressInUse(ListenAddress)
    /// The system doesn't let this user listen there.
    case permissionDenied(ListenAddress)
    /// The machine has no such address, or the socket's folder doesn't exist.
    case addressNotAvailable(ListenAddress)
    /// The server was started before, or no address was given.
    case cannotStart(String)
    /// Any other refusal of the system, with the call and the error it gave.
    case system(call: String, errno: Int32)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .invalidAddress(let text):
            "\(text) is not an address; write 127.0.0.1:8080, [::1]:8080 or unix:/path/to/socket"
        case .addressInUse(let address):
            "\(address) is in use; stop the program that listens there, or choose another port"
        case .permissionDenied(let address):
            "listening on \(address) is not permitted; choose a port above 1023, or a folder that "
                + "this user may write to"
        case .addressNotAvailable(let address):
            "\(address) does not exist on this machine; choose one of its own addresses, or an "
                + "existing folder"
        case .cannotStart(let reason):
            reason
        case .system(let call, let errno):
            "\(call) failed: \(errorText(errno))"
        }
    }
}
