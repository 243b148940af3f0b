import Dispatch
import NablaCore
import NablaNetworks

/// What is measured, and how often.
struct Options {
    /// What is computed.
    enum Benchmark: String {
        /// 784-128-10, 60,000 samples: seconds an epoch.
        case mnist
        /// 2-2-1, full batch: steps a second.
        case xor
        /// 64-32-10 on digits.csv: seconds for 50 epochs.
        case digits
        /// Gradients of 784-128-10 over 256 samples: milliseconds.
        case gradients
        /// Gradients of a thousand different tiny networks: milliseconds.
        case networks
        /// Matrix products alone: billions of operations a second.
        case products
    }

    /// A flag that isn't known or has no proper value.
    struct UnknownFlag: Error, CustomStringConvertible {
        let flag: String
        var description: String {
            "\(flag): flags are --case mnist|xor|digits|gradients|networks|products, --batch, "
                + "--threads, --epochs, --repeats, --dtype f32|f64, --optimizer sgd|adam, "
                + "--network dense|dropout|normalised|convolution (mnist without --data), "
                + "--data FOLDER (mnist) or FILE (digits), --samples (mnist), --steps (xor)"
        }
    }

    private(set) var benchmark = Benchmark.mnist
    private(set) var batch = 32
    private(set) var threads = 1
    private(set) var epochs = 5
    private(set) var repeats = 1
    /// The most samples that are read, and how many are made where none are.
    private(set) var samples = 60_000
    /// Where Benchmarks/make_training_data.py wrote samples and parameters, nil to make some; the
    /// table of digits.
    private(set) var data: String?
    private(set) var steps = 200_000
    private(set) var dtype = DType.float32
    private(set) var network = DrawnNetwork.dense
    /// Whether Adam trains and not SGD.
    private(set) var usesAdam = false

    /// Reads flags, each followed by its value.
    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let flag = rest.popFirst() {
            guard let value = rest.popFirst(), try set(flag, value) else {
                throw UnknownFlag(flag: flag)
            }
        }
    }

    /// Sets what a flag names; false for one that isn't known or has no proper value.
    private mutating func set(_ flag: String, _ value: String) throws -> Bool {
        switch (flag, Int(value)) {
        case ("--case", _):
            guard let named = Benchmark(rawValue: value) else { return false }
            benchmark = named
        case ("--network", _):
            guard let named = DrawnNetwork(rawValue: value) else { return false }
            network = named
        case ("--data", _): data = value
        case ("--dtype", _):
            guard ["f32", "f64"].contains(value) else { return false }
            dtype = value == "f64" ? .float64 : .float32
        case ("--optimizer", _):
            guard ["sgd", "adam"].contains(value) else { return false }
            usesAdam = value == "adam"
        case ("--batch", .some(let number)): batch = number
        case ("--threads", .some(let number)): threads = number
        case ("--epochs", .some(let number)): epochs = number
        case ("--repeats", .some(let number)): repeats = number
        case ("--samples", .some(let number)): samples = number
        case ("--steps", .some(let number)): steps = number
        default: return false
        }
        return true
    }

    /// Runs shards on one thread, or on Dispatch's threads, as many as there are cores.
    var shards: ShardRunner {
        threads == 1
            ? .serial
            : ShardRunner(threads: threads) { count, shard in
                DispatchQueue.concurrentPerform(iterations: count, execute: shard)
            }
    }

    /// What updates the parameters.
    func optimizer(rate: Double) throws -> Optimizer {
        usesAdam ? .adam(try Adam()) : .sgd(try SGD(learningRate: rate))
    }
}
