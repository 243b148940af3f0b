import NablaNetworks

/// A metric gathered sample by sample.
///
/// Samples' weights take no part.
struct MetricAccumulator: Sendable {
    private let metric: Metric
    /// From which output, and which target, on a single number means class 1.
    private let thresholds: (output: Double, target: Double)
    private var count = 0.0
    private var sum = 0.0
    /// For r2, for each output: the mean of y, Σ(y − ȳ)² and Σ(y − a)².
    private var outputs: [(mean: Double, spread: Double, error: Double)]
    /// For precision, recall and f1.
    private var classes = ClassCounts()
    /// For auc.
    private var ranking: Ranking

    /// Starts gathering for so many outputs.
    ///
    /// - Parameters:
    ///   - metric: Which one.
    ///   - width: The number of outputs.
    ///   - thresholds: ½ for probabilities, 0 for logits and for targets −1 and 1.
    init(_ metric: Metric, width: Int, thresholds: (output: Double, target: Double)) {
        self.metric = metric
        self.thresholds = thresholds
        outputs = metric == .r2 ? Array(repeating: (0, 0, 0), count: width) : []
        ranking = Ranking(width: width)
    }

    /// The name it is recorded under.
    var key: String { metric.rawValue }

    /// Adds one sample.
    ///
    /// - Parameters:
    ///   - a: The outputs: (width).
    ///   - y: The target: (width), or one index when `isClass`.
    ///   - width: The number of outputs.
    ///   - isClass: Whether the target is a class.
    mutating func add<S: FloatingReal>(
        outputs a: UnsafePointer<S>, target y: UnsafePointer<S>, width: Int, isClass: Bool
    ) {
        count += 1
        switch metric {
        case .accuracy:
            let (predicted, actual) = classes(a, y, width, isClass)
            sum += predicted == actual ? 1 : 0
        case .precision, .recall, .f1:
            let (predicted, actual) = classes(a, y, width, isClass)
            classes.add(predicted: predicted, actual: actual)
        case .auc:
            ranking.add(outputs: a, ofClass: classes(a, y, width, isClass).actual)
        case .meanAbsoluteError:
            var error = 0.0
            for index in 0..<width { error += abs(a[index].wide - y[index].wide) }
            sum += error / Double(width)
        case .r2:
            for index in 0..<width {
                let (target, error) = (y[index].wide, a[index].wide - y[index].wide)
                let distance = target - outputs[index].mean
                // Welford 1962: no cancellation between large sums.
                outputs[index].mean += distance / count
                outputs[index].spread += distance * (target - outputs[index].mean)
                outputs[index].error += error * error
            }
        }
    }

    /// The class that is predicted for a sample, and the one it has: 0 or 1 where there is one output.
    private func classes<S: FloatingReal>(
        _ a: UnsafePointer<S>, _ y: UnsafePointer<S>, _ width: Int, _ isClass: Bool
    ) -> (predicted: Int, actual: Int) {
        guard width == 1 && !isClass else {
            return (largest(a, width), isClass ? y[0].index : largest(y, width))
        }
        return (
            a[0].wide >= thresholds.output ? 1 : 0, y[0].wide >= thresholds.target ? 1 : 0
        )
    }

    /// The metric over the samples so far.
    ///
    /// An output whose targets are all alike counts for r2 as 1 when it is hit exactly and 0 when
    /// not, as in scikit-learn.
    var value: Double {
        switch metric {
        case .accuracy, .meanAbsoluteError: sum / count
        case .precision, .recall, .f1: classes.value(of: metric, isBinary: ranking.width == 1)
        case .auc: ranking.area
        case .r2: determination
        }
    }

    private var determination: Double {
        let scores = outputs.map { output in
            output.spread > 0
                ? 1 - output.error / output.spread : (output.error == 0 ? 1 : 0)
        }
        return scores.reduce(0, +) / Double(outputs.count)
    }

    /// Forgets all samples.
    mutating func reset() {
        (count, sum) = (0, 0)
        classes = ClassCounts()
        ranking.forget()
        for index in outputs.indices { outputs[index] = (0, 0, 0) }
    }

    private func largest<S: FloatingReal>(_ values: UnsafePointer<S>, _ width: Int) -> Int {
        var place = 0
        for index in 1..<max(width, 1) where values[index] > values[place] { place = index }
        return place
    }
}
