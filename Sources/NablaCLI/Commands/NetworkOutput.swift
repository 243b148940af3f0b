import ArgumentParser
import Foundation
import NablaNetworks

/// Where and how a network is written.
struct NetworkOutput: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The file: NAME.json for JSON, all others for safetensors (default: JSON, here).")
    var output: OutputFile?

    /// Writes a network.
    ///
    /// - Throws: `CommandError` when the file can't be written.
    func write(_ network: Network) throws {
        guard let output else { return printBytes(try network.narrowed().json()) }
        try output.write(network.file(named: output.path))
    }
}
