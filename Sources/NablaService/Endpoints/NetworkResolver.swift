import NablaAPI
import NablaNetworks
import NablaStore

/// Finds the network that a request writes out or names.
struct NetworkResolver: Sendable {
    let store: Store

    /// Gives the network with numbers of `dtype`.
    ///
    /// - Throws: `Problem` when a run is named that isn't there or has no network yet.
    func network(for source: NetworkSource, as dtype: DType) throws(Problem) -> Network {
        switch source {
        case .inline(let network): return network
        case .run(let id):
            return try Network(record(of: id)).converted(to: dtype)
        case .stored(let name):
            let network = try network(named: name)
            guard let network else {
                throw Problem(
                    .notFound, "there is no stored network \(name)", pointer: "/network/name")
            }
            return try network.converted(to: dtype)
        }
    }

    /// The network that is stored under a name, or nil if there is none.
    func network(named name: String) throws(Problem) -> Network? {
        let content = try Problem.storing { () throws(StoreError) in
            try store.networkContent(named: name)
        }
        guard let content else { return nil }
        do {
            return try Network(Safetensors(parsing: content))
        } catch {
            // The bytes are the database's own, so the caller is not to blame for them.
            throw Problem(.internalError, "the stored network \(name) is damaged: \(error.detail)")
        }
    }

    private func record(of id: String) throws(Problem) -> NetworkRecord {
        do {
            if let record = try store.network(runID: id, epoch: nil) { return record }
        } catch .notFound {
            // Told below, as is a run that has stored no network yet.
        } catch {
            throw Problem(error)
        }
        throw Problem(
            .notFound, "there is no trained network of a run \(id)", pointer: "/network/run")
    }
}

extension NetworkSource {
    /// The most multiplications of one forward pass that are worth no thread hop.
    private static let lightProducts = 1 << 14

    /// Whether the network is at hand and computing it is little work, for which a loop has the time.
    ///
    /// That depends on the body's content more than on its size: the network of a run may be of any
    /// size, and n samples through a layer of u units are n · u results in a body of n + u numbers.
    ///
    /// - Parameter inputs: Shape (n, inputs).
    /// - Returns: False where a worker should do it.
    func isLight(for inputs: Tensor) -> Bool {
        guard case .inline(let network) = self else { return false }
        return network.productCount
            <= NetworkSource.lightProducts / max(1, inputs.shape.first ?? 1)
    }
}
