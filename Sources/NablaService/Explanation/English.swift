extension TextKey {
    /// The texts in English.
    static let english: [TextKey: String] = [
        .overview: """
        The chain rule, factor by factor (samples: {samples}). x is what the network reads, y \
        the targets, and the indices count the layers from 1. Numbers stand in rows, one for \
        each sample; · multiplies a row by a matrix, or by f′(z) entry by entry, and Σ sums \
        over the samples.
        """,
        .divisor: "The loss is a mean: the sum over the samples is divided by {divisor}.",
        .sampleWeights: "ω is the weight of a sample.",
        .targets: """
        t is the target after label smoothing and class weights, |t| the sum of its numbers; \
        without them t would be y.
        """,
        .sumOfTargets: "|y| is the sum of a sample's targets.",
        .z: "Layer {layer} weighs what it reads and adds its bias.",
        .zWithoutBias: "Layer {layer} weighs what it reads.",
        .a: "Its activation, {activation}, makes a of z.",
        .activationGradient: "How the loss changes with the outputs a of layer {layer}.",
        .derivative:
            "How the outputs of layer {layer} change with z: the derivative of {activation}.",
        .product: "The error at z of layer {layer} is the product of these two.",
        .fusedProduct: """
        The error at z of layer {layer} is the product of these two. It is computed as one, \
        since the derivative of {activation} cancels: so it stays exact where the outputs are \
        saturated.
        """,
        .saturation: """
        At {count} outputs a is saturated: ∂L/∂a, a division by 0 there, isn't finite and is \
        left out. Their product, ∂L/∂z, is.
        """,
        .lastWeights: "The error at z of layer {layer}, times what the layer reads.",
        .lastBias: """
        The error at z of layer {layer}: z changes with the bias one to one.
        """,
        .weights: """
        The error at z of layer {next}, led back through its weights, times the derivative of \
        {activation} at z of layer {layer}, times what layer {layer} reads.
        """,
        .bias: """
        The error at z of layer {next}, led back through its weights, times the derivative of \
        {activation} at z of layer {layer}: z changes with the bias one to one.
        """,
    ]
}
