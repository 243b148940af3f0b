import NablaNetworks

/// Pooling compiled: the largest or the mean of each window of each channel, (c, h, w) → (c, oh, ow).
struct PoolingPlan: Sendable {
    /// Where the window goes.
    let windows: WindowPlan
    /// The largest and not the mean; the padding is never the largest, and counts in the mean as 0.
    private let takesLargest: Bool

    init(_ window: Window, _ input: Shape, takesLargest: Bool) {
        windows = WindowPlan(window, input)
        self.takesLargest = takesLargest
    }

    private var area: Int { windows.kernel.height * windows.kernel.width }

    /// Writes the pooled numbers of `rows` samples.
    func forward<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, rows: Int
    ) {
        forEachWindow(rows: rows) { target, window in
            if takesLargest {
                a[target] = x[largest(x, window)]
            } else {
                var sum: S = 0
                forEachPixel(of: window) { sum += x[$0] }
                a[target] = sum / S(area)
            }
        }
    }

    /// Writes ∂L/∂x for δ = ∂L/∂a: all of a window's goes to the first of its largest numbers, or to
    /// each an equal share.
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, into target: UnsafeMutablePointer<S>,
        rows: Int
    ) {
        target.update(repeating: 0, count: rows * windows.imageCount)
        forEachWindow(rows: rows) { source, window in
            if takesLargest {
                target[largest(x, window)] += delta[source]
            } else {
                let share = delta[source] / S(area)
                forEachPixel(of: window) { target[$0] += share }
            }
        }
    }

    /// The part of a window that lies in the image.
    private struct Pane {
        /// Where its first pixel is.
        let first: Int
        let height: Int
        let width: Int
    }

    @inline(__always)
    private func forEachWindow(rows: Int, _ body: (Int, Pane) -> Void) {
        let (image, output) = (windows.image, windows.output)
        var index = 0
        for plane in 0..<rows * windows.channels {
            for y in 0..<output.height {
                let top = y * windows.stride.height - windows.padding.height
                let (up, down) = (max(top, 0), min(top + windows.kernel.height, image.height))
                for x in 0..<output.width {
                    let left = x * windows.stride.width - windows.padding.width
                    let start = max(left, 0)
                    body(
                        index,
                        Pane(
                            first: (plane * image.height + up) * image.width + start,
                            height: down - up,
                            width: min(left + windows.kernel.width, image.width) - start))
                    index += 1
                }
            }
        }
    }

    @inline(__always)
    private func forEachPixel(of pane: Pane, _ body: (Int) -> Void) {
        for y in 0..<max(pane.height, 0) {
            for x in 0..<max(pane.width, 0) { body(pane.first + y * windows.image.width + x) }
        }
    }

    /// The first of a window's largest numbers; NaN, if there is one.
    @inline(__always)
    private func largest<S: Real>(_ x: UnsafePointer<S>, _ pane: Pane) -> Int {
        // Choices and not branches: half of them would be taken, at random.
        var (largest, value) = (pane.first, x[pane.first])
        forEachPixel(of: pane) { place in
            let candidate = x[place]
            let isLarger = candidate > value || candidate != candidate
            largest = isLarger ? place : largest
            value = isLarger ? candidate : value
        }
        return largest
    }
}
