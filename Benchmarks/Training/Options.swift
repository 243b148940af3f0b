import Dispatch
import NablaCore
import NablaNetworks

/// What is measured, and how often.
struct Options {
    /// What is trained.
    enum Benchmark: String {
        /// 784-128-10, 60,000 samples: seconds an epoch.
        case mnist
        /// 2-2-1, full batch: steps a second.
        case xor
        /// 64-32-10, 1,797 samples, batch 32: seconds for 50 epochs.
        case digits
    }

    /// A flag that isn't known or has no proper value.
    struct UnknownFlag: Error, CustomStringConvertible {
        let flag: String
        var description: String {
            "\(flag): flags are --case mnist|xor|digits, --batch, --threads, --epochs, --repeats, "
                + "--dtype f32|f64, --data FOLDER or --samples (mnist), --steps (xor)"
        }
    }

    private(set) var benchmark = Benchmark.mnist
    private(set) var batch = 32
    private(set) var threads = 1
    private(set) var epochs = 5
    private(set) var repeats = 1
    /// How many samples are made where none are read.
    private(set) var samples = 60_000
    /// Where Benchmarks/make_training_data.py wrote samples and parameters; nil to make some.
    private(set) var data: String?
    private(set) var steps = 200_000
    private(set) var dtype = DType.float32

    /// Reads flags, each followed by its value.
    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let flag = rest.popFirst() {
            guard let value = rest.popFirst() else { throw UnknownFlag(flag: flag) }
            switch (flag, Int(value)) {
            case ("--case", _):
                guard let named = Benchmark(rawValue: value) else { throw UnknownFlag(flag: flag) }
                benchmark = named
            case ("--data", _): data = value
            case ("--dtype", _): dtype = value == "f64" ? .float64 : .float32
            case ("--batch", .some(let number)): batch = number
            case ("--threads", .some(let number)): threads = number
            case ("--epochs", .some(let number)): epochs = number
            case ("--repeats", .some(let number)): repeats = number
            case ("--samples", .some(let number)): samples = number
            case ("--steps", .some(let number)): steps = number
            default: throw UnknownFlag(flag: flag)
            }
        }
    }

    /// Runs shards on one thread, or on Dispatch's threads, as many as there are cores.
    var shards: ShardRunner {
        threads == 1
            ? .serial
            : ShardRunner { count, shard in
                DispatchQueue.concurrentPerform(iterations: count, execute: shard)
            }
    }
}

/// The seconds `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let elapsed = try clock.measure(body)
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
}

/// The middle of the values, the upper one of two.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
