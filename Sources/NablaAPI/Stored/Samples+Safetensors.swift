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
        let names = file.tensors.map(\.name)
        guard let inputs = file["inputs"], let targets = file["targets"],
            Set(names).isSubset(of: ["inputs", "targets", "weights"])
        else {
            throw Problem(
                .inconsistent,
                "the file must have the tensors inputs and targets, and may have weights, but has "
                    + names.joined(separator: ", "))
        }
        let convert = { (tensor: Tensor) in dtype.map(tensor.converted(to:)) ?? tensor }
        do {
            try self.init(
                inputs: convert(inputs), targets: convert(targets),
                weights: file["weights"].map(convert))
        } catch {
            throw Problem(error)
        }
    }
}
