// How long a page of a long history takes: makes a database of 100,000 runs with 100 metrics each (about 1 GB,
// in the folder that is named, where it stays), and asks for pages of 50.
//
//     nabla-bench-history FOLDER [RUNS]

import Foundation
import NablaStore

let arguments = CommandLine.arguments.dropFirst()
guard let folder = arguments.first, let runs = Int(arguments.dropFirst().first ?? "100000") else {
    print("usage: nabla-bench-history FOLDER [RUNS]")
    exit(2)
}
let path = folder + "/history.sqlite"
if !FileManager.default.fileExists(atPath: path) {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let store = try Store(path: path)
    try store.close()
    try fill(path, runs: runs)
}
let store = try Store(path: path)

/// A question, in a few forms that differ in their numbers alone.
struct Question {
    let name: String
    let filter: (Int) -> String
    var order = "created_at desc"
    var statuses: Set<RunStatus> = []
}

let questions = [
    Question(name: "the newest runs") { _ in "" },
    Question(name: "a status", filter: { _ in "" }, statuses: [.failed]),
    Question(name: "a metric that half of them meet") { "metrics.metric_07 < 0.5\($0)" },
    Question(name: "a metric that 100 meet") { "metrics.metric_07 < 0.001\($0)" },
    Question(name: "a metric that none meets") { "metrics.metric_07 < -1\($0)" },
    Question(name: "three conditions, a fifth meets each") {
        "metrics.metric_0\($0 % 10) < 0.2 and params.optimizer = 'adam' and tags.team = 'team 1'"
    },
    Question(name: "two metrics, 2 % meet each") {
        "metrics.metric_01 < 0.02 and metrics.metric_02 < 0.02\($0)"
    },
    Question(name: "a tag of the oldest fifth") { "tags.era = 'era 0' and params.seed > \($0)" },
    Question(name: "a setting's number") { "params.optimizer.learning_rate < 0.0001\($0)" },
    Question(name: "a name's beginning") { "name like 'run 1234\($0 % 10)%'" },
    Question(name: "by a metric", filter: { _ in "" }, order: "metrics.metric_42"),
    Question(
        name: "by a metric, a status of six", filter: { _ in "status = 'failed'" },
        order: "metrics.metric_42 desc"),
    Question(
        name: "by a metric, 100 meet another", filter: { "metrics.metric_07 < 0.001\($0)" },
        order: "metrics.metric_42"),
    Question(name: "by the time of the end", filter: { _ in "" }, order: "finished_at"),
]

print("\(runs) runs with 100 metrics each, \(try bytes(path) >> 20) MiB; pages of 50, ms")
for question in questions {
    var times: [Double] = []
    var found = 0
    for number in 0..<20 {
        let query = RunQuery(
            statuses: question.statuses,
            conditions: try RunFilter(parsing: question.filter(number)).conditions,
            order: try RunOrder(parsing: question.order))
        let clock = ContinuousClock()
        let time = try clock.measure { found = try store.runs(matching: query).runs.count }
        times.append(time / .milliseconds(1))
    }
    let first = times[0]
    times.sort()
    let figures = [first, times[10], times[19]].map { String(format: "%.1f", $0) }
    print(
        "first \(figures[0]), median \(figures[1]), largest \(figures[2]); \(found) runs: "
            + question.name)
}

/// The size of a file.
func bytes(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.size] as? Int) ?? 0
}
