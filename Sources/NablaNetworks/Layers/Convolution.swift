/// A height and a width.
public struct Size: Sendable, Equatable {
    /// The length along the second axis of (channels, height, width).
    public let height: Int
    /// The length along the third.
    public let width: Int

    /// Makes a size.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// Makes the size of a square.
    public init(_ length: Int) { self.init(height: length, width: length) }

    fileprivate func require(atLeast least: Int, named name: String) throws(InvalidValue) {
        let range = least...1 << 20
        guard range.contains(height), range.contains(width) else {
            throw InvalidValue(
                .outOfRange,
                "\(name) is \(height) × \(width), but both must be from \(least) to "
                    + "\(range.upperBound)",
                at: "/\(name)")
        }
    }
}

/// A window that moves over an image: its size, its steps, and the zeros around the image.
///
/// It has ⌊(length + 2·padding − kernel)/stride⌋ + 1 places down and across. By default a convolution's
/// moves by 1 and a pooling's by its own size, and there is no padding.
/// - Source: Dumoulin & Visin 2016, relationship 6.
public struct Window: Sendable, Equatable {
    /// The window's size, both from 1 to 2²⁰.
    public let kernelSize: Size
    /// How far it moves at a time, both from 1 to 2²⁰.
    public let stride: Size
    /// Rows and columns of zeros added on each side, both from 0 to 2²⁰.
    public let padding: Size

    /// Makes a window.
    ///
    /// - Throws: `InvalidValue` for sizes and steps below 1, padding below 0, and any above 2²⁰.
    public init(kernelSize: Size, stride: Size, padding: Size) throws(InvalidValue) {
        try kernelSize.require(atLeast: 1, named: "kernel_size")
        try stride.require(atLeast: 1, named: "stride")
        try padding.require(atLeast: 0, named: "padding")
        self.kernelSize = kernelSize
        self.stride = stride
        self.padding = padding
    }

    /// The size of what it gives, ⌊(length + 2·padding − kernel)/stride⌋ + 1, for an image of that size;
    /// nil when the image with its padding is smaller than the window.
    public func outputSize(of image: Size) -> Size? {
        func length(_ length: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int? {
            let padded = length + 2 * padding
            return padded < kernel ? nil : (padded - kernel) / stride + 1
        }
        guard
            let height = length(
                image.height, kernelSize.height, stride.height, padding.height),
            let width = length(image.width, kernelSize.width, stride.width, padding.width)
        else { return nil }
        return Size(height: height, width: width)
    }

    /// - Throws: `InvalidValue` when the input is no image, or smaller than the window.
    func output(
        of input: Shape, from source: Source, channels: Int? = nil
    ) throws(InvalidValue) -> Shape {
        guard input.count == 3 else {
            throw InvalidValue(
                .shapeMismatch,
                "the layer reads (channels, height, width), but \(source.gives) the shape \(input)")
        }
        guard let size = outputSize(of: Size(height: input[1], width: input[2])) else {
            throw InvalidValue(
                .shapeMismatch,
                "the window of \(kernelSize.height) × \(kernelSize.width) is larger than the image "
                    + "of \(input[1]) × \(input[2]) with its padding",
                at: "/kernel_size")
        }
        return try Shape([channels ?? input[0], size.height, size.width])
    }
}

/// A convolution: a = f(z), z[k, u, v] = b[k] + Σ W[k, c, i, j] · x[c, u·stride + i − padding,
/// v·stride + j − padding] over c, i and j, with zeros around the image.
///
/// From x (channels, height, width) to z and a (filters, height′, width′), whose lengths
/// `Window.outputSize(of:)` gives. A cross-correlation, as everywhere in this field, without dilation and
/// groups. With δ = ∂L/∂z, ∂L/∂W[k, c, i, j] is the sum of δ[k, u, v] times the x that it meets, and
/// ∂L/∂b[k] that of δ[k, u, v], over u, v and the samples.
/// - Source: LeCun et al. 1989; definitions as PyTorch's `Conv2d`, but W drawn as in Keras's `Conv2D`.
public struct Convolution: Sendable, Equatable {
    /// How many filters it has: the channels it gives.
    public let filters: Int
    /// Size, stride and padding; the latter 1 and 0 by default.
    public let window: Window
    /// The function f; `identity` by default.
    public let activation: Activation
    /// W of shape (filters, channels, kernel height, kernel width) and b (filters); W is drawn by
    /// `glorotUniform` by default.
    public let parameters: LayerParameters

    /// Makes a layer with the given numbers.
    ///
    /// - Parameters:
    ///   - weights: Shape (filters, channels, kernel height, kernel width), none of them 0.
    ///   - bias: Shape (filters), or nil.
    ///   - stride: How far the filters move at a time.
    ///   - padding: Zeros added on each side.
    ///   - activation: The function f.
    /// - Throws: `InvalidValue` pointing at the part that doesn't fit.
    public init(
        weights: Tensor, bias: Tensor?, stride: Size = Size(1), padding: Size = Size(0),
        activation: Activation = .identity
    ) throws(InvalidValue) {
        guard weights.shape.count == 4, weights.count > 0 else {
            throw InvalidValue(
                .shapeMismatch,
                "weights has the shape \(weights.shape), but must be (filters, channels, height, "
                    + "width), none of them 0",
                at: "/weights")
        }
        filters = weights.shape[0]
        if let shape = bias?.shape { try check(bias: shape, rows: filters) }
        window = try Window(
            kernelSize: Size(height: weights.shape[2], width: weights.shape[3]), stride: stride,
            padding: padding)
        self.activation = activation
        parameters = .given(weights: weights, bias: bias)
    }

    /// Makes a layer whose numbers are drawn when training begins.
    ///
    /// - Throws: `InvalidValue` pointing at the setting that is out of range.
    public init(
        filters: Int, window: Window, activation: Activation = .identity,
        initializer: Initializer = .glorotUniform, usesBias: Bool = true
    ) throws(InvalidValue) {
        try requirePositive(filters, named: "filters")
        self.filters = filters
        self.window = window
        self.activation = activation
        parameters = .drawn(by: initializer, usesBias: usesBias)
    }

    func with(weights: Tensor, bias: Tensor?) throws(InvalidValue) -> Convolution {
        try Convolution(
            weights: weights, bias: bias, stride: window.stride, padding: window.padding,
            activation: activation)
    }

    func parameterShapes(reading input: Shape) -> ParameterShapes? {
        let (height, width) = (window.kernelSize.height, window.kernelSize.width)
        guard let shape = try? Shape([filters, input[0], height, width]), let size = shape.size
        else { return nil }
        return ParameterShapes(
            weights: shape, bias: Shape(filters), fanIn: size / filters,
            fanOut: size / max(1, input[0]))
    }

    func outputShape(reading input: Shape, from source: Source) throws(InvalidValue) -> Shape {
        let output = try window.output(of: input, from: source, channels: filters)
        if case .given(let weights, _) = parameters, weights.shape[1] != input[0] {
            throw InvalidValue(
                .shapeMismatch,
                "weights reads \(weights.shape[1]) channels, but \(source.gives) \(input[0])",
                at: "/weights")
        }
        return output
    }
}

/// A pooling layer: a[c, u, v] is the largest or the mean of x[c, u·stride + i − padding, v·stride + j −
/// padding] over i and j, the places in a window.
///
/// From x (channels, height, width) to a (channels, height′, width′), whose lengths `Window.outputSize(of:)`
/// gives. Zeros of the padding count in a mean, and are never the largest, as in PyTorch. ∂L/∂a[c, u, v] goes
/// to the first of the window's largest numbers, or to each in equal shares.
/// - Source: LeCun et al. 1998 (mean); Ranzato et al. 2007 (largest); definitions as PyTorch's `AvgPool2d`
///   and `MaxPool2d`.
public struct Pooling: Sendable, Equatable {
    /// Size, stride (on the wire by default the size) and padding (0, and half the size at most).
    public let window: Window

    /// Makes a layer.
    ///
    /// - Throws: `InvalidValue` when the padding is more than half the window.
    public init(window: Window) throws(InvalidValue) {
        guard window.padding.height <= window.kernelSize.height / 2,
            window.padding.width <= window.kernelSize.width / 2
        else {
            throw InvalidValue(
                .outOfRange, "padding may be half the window at most", at: "/padding")
        }
        self.window = window
    }
}
