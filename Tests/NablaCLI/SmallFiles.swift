import NablaClient
import NablaNetworks

extension Program {
    /// Starts a program whose disk is as good as full half-way: no file may have more than 768 KiB.
    ///
    /// The thread sanitizer itself starts with a file of 512 KiB, which has to fit.
    static let withSmallFiles = ["/bin/bash", "-c", #"ulimit -f 768; exec "$0" "$@""#]
}

extension ServedProgram {
    /// Stores a network of a MiB, more than such a file holds.
    func storeLargeNetwork(named name: String) throws {
        let weights = try Tensor(Array(repeating: 0.5, count: 262_144), shape: [262_144, 1])
        let network = try Network(layers: [
            Layer(.dense(Dense(weights: weights, bias: nil, activation: .identity)))
        ])
        _ = try client.put(network: .inline(network), named: name)
    }
}
