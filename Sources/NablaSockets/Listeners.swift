/// Sockets that clients can connect to; whoever does waits until a server takes these.
public struct Listeners: Sendable {
    let all: [Listener]

    /// Listens at all addresses of a configuration.
    ///
    /// - Throws: `ServerError` when one can't be had; nothing listens then.
    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        guard !configuration.addresses.isEmpty else {
            throw .cannotStart("there is no address to listen on; configure at least one")
        }
        var all: [Listener] = []
        for address in configuration.addresses {
            all.append(try Listener(address, mode: configuration.socketMode))
        }
        self.all = all
    }

    /// Where they listen, with the ports that the system chose.
    public var addresses: [ListenAddress] { all.map(\.address) }
}
