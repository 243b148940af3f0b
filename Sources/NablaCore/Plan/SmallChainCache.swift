import NablaNetworks

/// The small chains that were compiled last, each with its loss, for requests that differ from
/// theirs in nothing but numbers.
///
/// Checking and compiling a network as small as XOR's takes as long as computing its gradients.
struct SmallChainCache<S: Real>: Sendable {
    /// A small chain compiled, and what it was compiled for.
    private struct Entry {
        let key: SmallChainKey
        let plan: Plan<S>
        let objective: Objective<S>
    }

    /// There are 2 to the power of so many places.
    private static var placeBits: Int { 6 }
    /// In how many places, one behind another, a chain may be.
    private static var ways: Int { 4 }

    /// Empty before the first chain is kept.
    private var entries: [Entry?] = []

    /// What was compiled for that key, if it is still there.
    @inline(__always)
    func compiled(for key: SmallChainKey) -> (plan: Plan<S>, objective: Objective<S>)? {
        guard !entries.isEmpty else { return nil }
        for way in 0..<SmallChainCache.ways {
            let place = SmallChainCache.place(of: key, way)
            guard let known = entries[place]?.key else { return nil }
            if known == key { return entries[place].map { ($0.plan, $0.objective) } }
        }
        return nil
    }

    /// Keeps what was compiled for a request, if it is a small chain, in place of another where all
    /// its places are taken.
    mutating func keep(
        _ plan: Plan<S>, _ objective: Objective<S>, for loss: Loss, _ network: Network,
        _ samples: Samples
    ) {
        guard plan.isSmallChain(rows: samples.count, isFused: objective.isFused),
            let key = SmallChainKey(loss, network, targets: samples.targets.shape)
        else { return }
        if entries.isEmpty {
            entries = Array(repeating: nil, count: 1 << SmallChainCache.placeBits)
        }
        let places = (0..<SmallChainCache.ways).map { SmallChainCache.place(of: key, $0) }
        let place = places.first { entries[$0] == nil || entries[$0]?.key == key } ?? places[0]
        entries[place] = Entry(key: key, plan: plan, objective: objective)
    }

    @inline(__always)
    private static func place(of key: SmallChainKey, _ way: Int) -> Int {
        (key.place(bits: placeBits) &+ way) & (1 << placeBits - 1)
    }
}
