import Foundation
import NablaAPI
import NablaCore
import NablaJSON
import NablaService

// What a gradient request costs without a socket: reads, computes and writes the one in a file,
// and prints one line of JSON. Reads it on one core, and with two workers as the service does.
//
//     nabla-bench-requests FILE [COUNT]
//
// COUNT is how many requests each repeat times at once, so that neither the clock is measured nor memory that
// a service asked before has; as many as make about 100 MB of text by default.

let arguments = CommandLine.arguments.dropFirst()
guard let file = arguments.first else {
    print("usage: nabla-bench-requests FILE [COUNT]")
    exit(64)
}
let body = try padded(file)
let count = arguments.dropFirst().first.flatMap(Int.init) ?? max(1, 100_000_000 / body.count)
let workspace = Workspace()
// As the service does, so that reading doesn't wait for memory that was there a moment ago.
FreedMemory.keep(64 << 20)
let pool = WorkerPool(workers: 2, capacity: 1)

var numbers = 0
var times = (read: [Double](), readByTwo: [Double](), compute: [Double](), write: [Double]())
for repetition in 0...9 {
    let request = try GradientsRequest(parsing: body)
    let gradients = try compute(request, in: workspace)
    numbers = gradients.layers.reduce(0) { $0 + ($1.weights?.count ?? 0) + ($1.bias?.count ?? 0) }
    let read = try microseconds(for: count) { _ = try GradientsRequest(parsing: body) }
    let readByTwo = try pool.microseconds(reading: body, for: count)
    let computed = try microseconds(for: count) { _ = try compute(request, in: workspace) }
    let written = microseconds(for: count) { _ = answer(gradients).json(as: request.encoding) }
    // The first grows what the others find grown.
    guard repetition > 0 else { continue }
    times.read.append(read)
    times.readByTwo.append(readByTwo)
    times.compute.append(computed)
    times.write.append(written)
}
print(
    #"{"impl":"nabla","case":"requests","bytes":\#(body.count),"numbers":\#(numbers),"count":\#(count),"#
        + #""read_us_median":\#(median(times.read)),"read_by_two_us_median":\#(median(times.readByTwo)),"#
        + #""compute_us_median":\#(median(times.compute)),"write_us_median":\#(median(times.write))}"#
)
