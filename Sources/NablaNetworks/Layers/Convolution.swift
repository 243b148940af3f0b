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
public struct Window: Sendable, Equatable {
    /// The window's size, neither 0.
    public let kernelSize: Size
    /// How far it moves at a time, neither 0.
    public let stride: Size
    /// Rows and columns added on each side.
    public let padding: Size

    /// Makes a window.
    ///
    /// - Throws: `InvalidValue` for sizes and steps below 1 and padding below 0.
    public init(kernelSize: Size, stride: Size, padding: Size) throws(InvalidValue) {
        try kernelSize.require(atLeast: 1, named: "kernel_size")
        try stride.require(atLeast: 1, named: "stride")
        try padding.require(atLeast: 0, named: "padding")
        self.kernelSize = kernelSize
        self.stride = stride
        self.padding = padding
    }

    /// The size of what it gives, (length + 2·padding − kernel) / stride + 1 rounded down, for an
    /// image of that size; nil when the image is smaller than the window.
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

/// A convolution: a = f(z), z of shape (filters, height, width),
/// z[f, y, x] = b[f] + Σ W[f, c, i, j] · x[c, y·stride + i − padding, x·stride + j − padding], with
/// zeros around the image.
///
/// A cross-correlation, as everywhere in this field.
/// - Source: LeCun et al. 1989; definitions as PyTorch's `Conv2d`.
public struct Convolution: Sendable, Equatable {
    /// How many filters it has: the channels it gives.
    public let filters: Int
    /// Size, stride and padding; 1 and 0 by default.
    public let window: Window
    /// The function f.
    public let activation: Activation
    /// W of shape (filters, channels, kernel height, kernel width) and b (filters).
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
        if let bias { try check(bias: bias, rows: filters) }
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

/// A pooling layer: the largest or the mean of each window of each channel.
///
/// Zeros of the padding count in a mean, and are never the largest, as in PyTorch.
public struct Pooling: Sendable, Equatable {
    /// Size, stride (by default the size) and padding (0).
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
