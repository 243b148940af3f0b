import NablaAPI
import NablaNetworks

/// Datasets as a table for people, a row a dataset.
struct DatasetTable {
    private let datasets: [Dataset]

    init(_ datasets: [Dataset]) {
        self.datasets = datasets
    }

    /// The table.
    var text: String {
        var table = Table(
            ["NAME", "SAMPLES", "INPUTS", "TARGETS", "WEIGHTS", "SIZE", "CREATED", "ID"],
            rightAligned: [1, 5])
        for dataset in datasets {
            table.add([
                dataset.name, "\(dataset.samples)", lengths(dataset.inputShape),
                lengths(dataset.targetShape), dataset.hasWeights ? "yes" : "no",
                size(dataset.bytes), minute(dataset.createdAt), dataset.id,
            ])
        }
        return table.text
    }
}

/// Stored networks as a table for people, a row a network.
struct NetworksTable {
    private let networks: [NetworkDescription]

    init(_ networks: [NetworkDescription]) {
        self.networks = networks
    }

    /// The table.
    var text: String {
        var table = Table(
            ["NAME", "INPUTS", "OUTPUTS", "LAYERS", "PARAMETERS", "SIZE", "CREATED"],
            rightAligned: [3, 4, 5])
        for network in networks {
            table.add([
                network.name, lengths(network.inputShape), lengths(network.outputShape),
                "\(network.layers)", "\(network.parameters)", size(network.bytes),
                minute(network.createdAt),
            ])
        }
        return table.text
    }
}

/// The layers of a network as a table for people, a row a layer.
struct LayersTable {
    private let network: Network

    init(_ network: Network) {
        self.network = network
    }

    /// The table, and how many parameters there are.
    var text: String {
        var table = Table(
            ["LAYER", "TYPE", "ACTIVATION", "OUTPUTS", "WEIGHTS", "BIAS"], rightAligned: [0])
        for (index, layer) in network.layers.enumerated() {
            let shapes = network.parameterShapes(ofLayer: index)
            let hasBias = layer.parameters?.usesBias == true
            table.add([
                layer.name.map { "\(index) \($0)" } ?? "\(index)", layer.typeName,
                layer.activation.name, lengths(network.outputShapes[index]),
                shapes.map { lengths($0.weights) } ?? "",
                hasBias ? shapes.map { lengths($0.bias) } ?? "" : "",
            ])
        }
        return table.text + "\n\n\(network.parameterCount) parameters, inputs "
            + lengths(network.inputShape)
    }
}

/// A shape as people write it: `3×28×28`, and `1` for a single number.
private func lengths(_ shape: Shape) -> String {
    shape.isEmpty ? "1" : shape.map(String.init).joined(separator: "×")
}
