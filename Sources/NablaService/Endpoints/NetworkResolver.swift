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
