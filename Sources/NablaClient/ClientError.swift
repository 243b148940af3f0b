public import NablaAPI

/// Why a call gave nothing.
public enum ClientError: Error, Sendable, Equatable {
    /// The service answered with a problem.
    case problem(Problem)
    /// The service couldn't be reached, or the connection broke: the same may go well a moment later.
    case connection(String)
    /// The service can't be reached as the client is configured: an address that is none, a certificate that
    /// isn't trusted, a proxy that refuses. Such a call isn't made again.
    case configuration(String)
    /// The call took longer than the configuration allows.
    case timedOut(String)
    /// The caller gave the call up.
    case cancelled
    /// Something answered, but not as the contract says.
    case unexpected(status: Int, detail: String)
}

extension ClientError: CustomStringConvertible {
    /// What went wrong, as a line for people.
    public var description: String {
        switch self {
        case .problem(let problem):
            let place = problem.pointer.map { " (at \($0.isEmpty ? "the body's root" : $0))" } ?? ""
            return "\(problem.kind.title): \(problem.detail)\(place)"
        case .connection(let detail): return "no connection: \(detail)"
        case .configuration(let detail): return "can't reach the service as configured: \(detail)"
        case .timedOut(let detail): return "timed out: \(detail)"
        case .cancelled: return "cancelled"
        case .unexpected(let status, let detail): return "unexpected answer \(status): \(detail)"
        }
    }
}
