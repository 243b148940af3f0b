import Foundation
import NablaNetworks

/// The seconds `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let elapsed = try clock.measure(body)
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
}

/// The middle of the values, the upper one of two.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// The most memory this process has held so far, in MiB.
func peakMebibytes() throws -> Double {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }
    return (kibibytes ?? .nan) / 1024
}

/// Prints a line of JSON, as the peers' programs do.
func report(_ options: Options, _ figures: KeyValuePairs<String, Double>) {
    var line = #"{"impl":"nabla","case":"\#(options.benchmark)","dtype":"\#(options.dtype)""#
    line += #","batch":\#(options.batch),"threads":\#(options.threads)"#
    for (name, value) in figures { line += #","\#(name)":\#(value)"# }
    print(line + "}")
}

/// Numbers that look random and that the peers' programs draw alike.
///
/// - Source: Knuth's multiplier for linear congruential generators, as in MMIX.
struct Drawing {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A number in [0, 1), in steps that float32 has.
    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) * 0x1p-24
    }

    /// Numbers in [−bound, bound).
    mutating func numbers(_ count: Int, bound: Double) -> [Double] {
        (0..<count).map { _ in (2 * Double(next()) - 1) * bound }
    }

    /// The weights and the bias of a dense layer, uniform in ±1/√inputs.
    mutating func parameters(_ inputs: Int, _ units: Int) -> [[Double]] {
        let bound = 1 / Double(inputs).squareRoot()
        return [numbers(units * inputs, bound: bound), numbers(units, bound: bound)]
    }

    /// A dense layer whose parameters are uniform in ±1/√inputs.
    mutating func layer(_ inputs: Int, _ units: Int, _ activation: Activation) throws -> Layer {
        let parameters = parameters(inputs, units)
        return try Layer(
            .dense(
                Dense(
                    weights: Tensor(parameters[0], shape: [units, inputs]),
                    bias: Tensor(parameters[1]), activation: activation)))
    }
}
