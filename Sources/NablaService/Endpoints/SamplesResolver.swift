import NablaAPI
import NablaNetworks
import NablaStore
import Synchronization

/// Finds the samples that a request writes out or names.
struct SamplesResolver: Sendable {
    private let store: Store
    private let memory: Memory?

    /// The last dataset that was read, for those who ask for the same again and again.
    private final class Memory: Sendable {
        let last = Mutex<(reference: String, dtype: DType, samples: Samples)?>(nil)
    }

    init(store: Store) {
        self.store = store
        memory = nil
    }

    private init(store: Store, memory: Memory) {
        self.store = store
        self.memory = memory
    }

    /// The same, but reads a dataset once that many requests of a batch name.
    func remembering() -> SamplesResolver { SamplesResolver(store: store, memory: Memory()) }

    /// Gives the samples with numbers of `dtype`.
    ///
    /// - Throws: `Problem` when a dataset is named that isn't there.
    func samples(for source: SamplesSource, as dtype: DType) throws(Problem) -> Samples {
        if case .dataset(let reference) = source, let memory {
            let found = memory.last.withLock { last in
                last?.reference == reference && last?.dtype == dtype ? last?.samples : nil
            }
            if let found { return found }
            let samples = try resolved(source, as: dtype, at: "/samples").samples
            memory.last.withLock { $0 = (reference, dtype, samples) }
            return samples
        }
        return try resolved(source, as: dtype, at: "/samples").samples
    }

    /// Gives the samples with numbers of `dtype` and, where they are stored, the digest they are stored under.
    ///
    /// - Throws: `Problem` at `pointer` when a dataset is named that isn't there.
    func resolved(
        _ source: SamplesSource, as dtype: DType?, at pointer: String
    ) throws(Problem) -> (samples: Samples, digest: [UInt8]?) {
        switch source {
        case .inline(let samples): return (samples, nil)
        case .dataset(let reference):
            let found: (dataset: DatasetRecord, content: [UInt8])?
            do {
                found = try store.datasetContent(reference)
            } catch .invalidValue {
                // Nothing has such a name.
                found = nil
            } catch {
                throw Problem(error)
            }
            guard let found else {
                throw Problem(
                    .notFound, "there is no dataset \(reference)", pointer: pointer + "/dataset")
            }
            do {
                let samples = try Samples(Safetensors(parsing: found.content), as: dtype)
                return (samples, found.dataset.digest)
            } catch {
                // The bytes are the database's own, so the caller is not to blame for them.
                throw Problem(
                    .internalError, "the dataset \(reference) is damaged: \(error.detail)")
            }
        }
    }
}
