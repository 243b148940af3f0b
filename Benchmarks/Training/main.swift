import NablaCore
import NablaNetworks

// Prints one line of JSON for each process, as the peers' programs do; see `Options` for the flags.

let options = try Options(CommandLine.arguments.dropFirst())
switch options.benchmark {
case .mnist: try benchmarkMNIST(options)
case .xor: try benchmarkXOR(options)
case .digits: try benchmarkDigits(options)
case .gradients: try benchmarkGradients(options)
case .networks: try benchmarkNetworks(options)
case .products: benchmarkProducts(options)
}
