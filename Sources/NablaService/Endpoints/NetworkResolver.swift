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
            let record = try Problem.storing { () throws(StoreError) in
                try store.network(runID: id, epoch: nil)
            }
            guard let record else {
                throw Problem(
                    .notFound, "there is no trained network of a run \(id)",
                    pointer: "/network/run")
            }
            return try Network(record).converted(to: dtype)
        }
    }
}
