import NablaNetworks

/// A convolution compiled: z (f, oh·ow) = W (f, c·kh·kw) · X + b for each sample, where the column of
/// X for a position holds the numbers under the window there.
///
/// X is made for one sample at a time, and made again on the way back: it's kh·kw times the image.
/// - Source: Chellapilla et al. 2006, "High performance convolutional neural networks for document
///   processing" (convolution as a matrix product).
struct ConvolutionPlan: Sendable {
    /// f.
    let filters: Int
    /// Where the window goes.
    let windows: WindowPlan

    /// Compiles a convolution of images (channels, height, width).
    init(filters: Int, _ window: Window, _ input: Shape) {
        self.filters = filters
        windows = WindowPlan(window, input)
    }

    /// The numbers of X.
    var columnCount: Int { windows.taps * windows.positions }

    /// Writes z for `rows` samples.
    ///
    /// - Parameters:
    ///   - x: (rows, c, h, w).
    ///   - z: (rows, f, oh, ow).
    ///   - rows: The samples.
    ///   - weights: (f, c, kh, kw).
    ///   - bias: (f), or nil.
    ///   - work: Room for X.
    func preActivate<S: Real>(
        _ x: UnsafePointer<S>, into z: UnsafeMutablePointer<S>, rows: Int,
        weights: UnsafePointer<S>, bias: UnsafePointer<S>?, work: UnsafeMutablePointer<S>
    ) {
        let product = MatrixProduct(m: filters, n: windows.positions, k: windows.taps)
        for row in 0..<rows {
            let target = z + row * filters * windows.positions
            columns(of: x + row * windows.imageCount, into: work)
            product.rowsByColumns(weights, work, into: target)
            guard let bias else { continue }
            for filter in 0..<filters {
                let line = target + filter * windows.positions
                for position in 0..<windows.positions { line[position] += bias[filter] }
            }
        }
    }

    /// ∂L/∂W = Σₙ δ·Xᵀ and ∂L/∂b = Σ δ over samples and positions, for δ = ∂L/∂z (rows, f, oh, ow).
    ///
    /// - Returns: The parameters whose gradients `sink` refused, or nil.
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int, parameters: ParameterPlan,
        work: UnsafeMutablePointer<S>, into sink: some GradientSink<S>
    ) -> Range<Int>? {
        let product = MatrixProduct(m: filters, n: windows.taps, k: windows.positions)
        let w = sink.memory(for: parameters.weights)
        for row in 0..<rows {
            columns(of: x + row * windows.imageCount, into: work)
            product.rowsByRows(
                delta + row * filters * windows.positions, work, into: w, adding: row > 0)
        }
        if !sink.take(parameters.weights) { return parameters.weights }
        guard !parameters.bias.isEmpty else { return nil }
        let b = sink.memory(for: parameters.bias)
        b.update(repeating: 0, count: filters)
        for line in 0..<rows * filters {
            let source = delta + line * windows.positions
            var sum: S = 0
            for position in 0..<windows.positions { sum += source[position] }
            b[line % filters] += sum
        }
        return sink.take(parameters.bias) ? nil : parameters.bias
    }

    /// ∂L/∂x: Wᵀ·δ, each number of which is added to the one of the image that it came from.
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, into target: UnsafeMutablePointer<S>, rows: Int,
        weights: UnsafePointer<S>, work: UnsafeMutablePointer<S>
    ) {
        let product = MatrixProduct(m: windows.taps, n: windows.positions, k: filters)
        target.update(repeating: 0, count: rows * windows.imageCount)
        for row in 0..<rows {
            product.columnsByColumns(
                weights, stride: windows.taps, delta + row * filters * windows.positions,
                into: work,
                adding: false)
            let image = target + row * windows.imageCount
            windows.forEachLine { line in
                let source = work + line.column
                let pixels = image + line.pixel
                for index in 0..<line.count { pixels[index * line.stride] += source[index] }
            }
        }
    }

    /// Writes X of a sample: (c·kh·kw, oh·ow).
    private func columns<S: Real>(
        of image: UnsafePointer<S>, into columns: UnsafeMutablePointer<S>
    ) {
        if windows.hasPadding { columns.update(repeating: 0, count: columnCount) }
        windows.forEachLine { line in
            let (target, pixels) = (columns + line.column, image + line.pixel)
            if line.stride == 1 {
                target.update(from: pixels, count: line.count)
            } else {
                for index in 0..<line.count { target[index] = pixels[index * line.stride] }
            }
        }
    }
}

/// Where a window goes on images (channels, height, width).
struct WindowPlan: Sendable {
    let channels: Int
    let image: Size
    let kernel: Size
    let stride: Size
    let padding: Size
    /// How many places the window has, down and across.
    let output: Size

    init(_ window: Window, _ input: Shape) {
        channels = input[0]
        image = Size(height: input[1], width: input[2])
        kernel = window.kernelSize
        stride = window.stride
        padding = window.padding
        // The network's shapes were found by the same rule, which refused what has none.
        output = window.outputSize(of: image) ?? Size(0)
    }

    /// The numbers of an image: c·h·w.
    var imageCount: Int { channels * image.height * image.width }

    /// The numbers under a window: c·kh·kw.
    var taps: Int { channels * kernel.height * kernel.width }

    /// The places of the window: oh·ow.
    var positions: Int { output.height * output.width }

    /// Whether there are zeros around the image.
    var hasPadding: Bool { padding.height > 0 || padding.width > 0 }

    /// A line of places that see consecutive pixels at one point of the window.
    struct Line {
        /// Where it begins in the matrix of columns, (c·kh·kw, oh·ow).
        let column: Int
        /// Where its first pixel is in the image.
        let pixel: Int
        /// How many pixels there are, and how far apart.
        let count: Int
        let stride: Int
    }

    /// Calls `body` for each line, leaving out what lies in the padding.
    @inline(__always)
    func forEachLine(_ body: (Line) -> Void) {
        var column = 0
        for channel in 0..<channels {
            for i in 0..<kernel.height {
                for j in 0..<kernel.width {
                    let (start, end) = range(
                        at: j - padding.width, image.width, stride.width, output.width)
                    for y in 0..<output.height where start < end {
                        let row = y * stride.height + i - padding.height
                        guard row >= 0, row < image.height else { continue }
                        let first = start * stride.width + j - padding.width
                        body(
                            Line(
                                column: column + y * output.width + start,
                                pixel: (channel * image.height + row) * image.width + first,
                                count: end - start, stride: stride.width))
                    }
                    column += positions
                }
            }
        }
    }

    /// The places p for which p·stride + offset is within the length.
    @inline(__always)
    private func range(
        at offset: Int, _ length: Int, _ stride: Int, _ places: Int
    ) -> (start: Int, end: Int) {
        let start = offset < 0 ? (stride - 1 - offset) / stride : 0
        let end = length - offset <= 0 ? 0 : (length - offset - 1) / stride + 1
        return (start, min(end, places))
    }
}
