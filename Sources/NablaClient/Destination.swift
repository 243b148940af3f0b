/// Where a client's calls go, worked out once for all of them.
struct Destination: Sendable {
    /// How the service is reached.
    let configuration: ClientConfiguration
    /// What every path is appended to.
    let origin: String
    /// The path of the service's unix socket; nil where it is reached over TCP.
    let socketPath: String?
    /// The field that shows the token.
    let authorization: String?
    /// Whether no proxy is asked: none that `http_proxy` names can reach this machine's own loopback.
    let isDirect: Bool

    init(_ configuration: ClientConfiguration) {
        self.configuration = configuration
        origin = configuration.origin
        socketPath = configuration.socketPath
        authorization = configuration.authorization
        isDirect = configuration.isLoopback || configuration.socketPath != nil
    }
}
