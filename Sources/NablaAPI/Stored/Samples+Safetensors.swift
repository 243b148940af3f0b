public import NablaNetworks

extension Samples {
    /// The samples as tensors named `inputs`, `targets` and `weights`, each in as few bytes as it needs.
    public func safetensors() -> Safetensors {
        var tensors = [("inputs", inputs.narrowed), ("targets", targets.narrowed)]
        if let weights { tensors.append(("weights", weights.narrowed)) }
        return Safetensors(tensors.map { (name: $0.0, tensor: $0.1) })
    }

    /// Samples out of tensors with those names, rounded to `dtype`.
    ///
    /// - Throws: `Problem` when one is missing, another is there, or they don't fit one another.
    public init(_ file: Safetensors, as dtype: DType? = nil) throws(Problem) {
        let tensors = try Samples.named(file.tensors, \.name).map { found in
            dtype.map(found.tensor.converted(to:)) ?? found.tensor
        }
        do {
            try self.init(
                inputs: tensors[0], targets: tensors[1],
                weights: tensors.count > 2 ? tensors[2] : nil)
        } catch {
            throw Problem(error)
        }
    }

    /// What a file has under the names `inputs`, `targets` and, where there are any, `weights`, in this order.
    ///
    /// - Throws: `Problem` when one is missing or another is there.
    static func named<Found>(
        _ found: [Found], _ name: (Found) -> String
    ) throws(Problem) -> [Found] {
        let names = found.map(name)
        let places = ["inputs", "targets", "weights"].map { names.firstIndex(of: $0) }
        guard let inputs = places[0], let targets = places[1],
            names.count == places.count(where: { $0 != nil })
        else {
            throw Problem(
                .inconsistent,
                "the file must have the tensors inputs and targets, and may have weights, but has "
                    + names.joined(separator: ", "))
        }
        return [found[inputs], found[targets]] + (places[2].map { [found[$0]] } ?? [])
    }
}
