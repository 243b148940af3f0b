// How long a page of a long history takes: makes a database of 100,000 runs with 100 metrics each (about 1 GB,
// in the folder that is named, where it stays), and asks for pages of 50.
//
//     nabla-bench-history FOLDER [RUNS [QUESTION]]
//
// Where a question is named, it alone is asked.

import Foundation
import NablaStore

let arguments = CommandLine.arguments.dropFirst()
guard let folder = arguments.first, let runs = Int(arguments.dropFirst().first ?? "100000") else {
    print("usage: nabla-bench-history FOLDER [RUNS [QUESTION]]")
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
    Question(
        name: "by a metric, the largest first", filter: { _ in "" }, order: "metrics.metric_42 desc"
    ),
    Question(name: "a metric between two values, 1 % are") {
        "metrics.metric_07 > 0.4\($0) and metrics.metric_07 < 0.41\($0)"
    },
    Question(name: "a metric that 5 % meet") { "metrics.metric_07 < 0.05\($0)" },
    Question(name: "two metrics, half meets each") {
        "metrics.metric_01 < 0.5 and metrics.metric_91 > 0.50\($0)"
    },
    Question(name: "the newest fifth and the oldest two, which none meets") {
        "tags.era = 'era 4' and params.seed < \(40_000 + $0)"
    },
    Question(name: "a name's middle") { "name like '%99\($0 % 10)%'" },
    Question(name: "a name's middle, whatever the case") { "name ilike '%N 99\($0 % 10)%'" },
    Question(
        name: "a status and a tag of the oldest fifth", filter: { _ in "tags.era = 'era 0'" },
        statuses: [.failed]),
    Question(
        name: "a status, a tag of the oldest fifth, the oldest first",
        filter: { _ in "status = 'failed' and tags.era = 'era 0'" }, order: "created_at"),
    Question(name: "two tags and a setting") {
        "tags.era = 'era \($0 % 5)' and tags.team = 'team 2' and params.optimizer != 'sgd'"
    },
    Question(name: "a tag, one of three") { "tags.era in ('era 0', 'era 1', 'none \($0)')" },
    Question(name: "a tag that is not one of four") {
        "tags.era not in ('era 1', 'era 2', 'era 3', 'era 4', 'none \($0)')"
    },
    Question(name: "a setting, one of 1,000 numbers") { number in
        "params.seed in (\((0..<1000).map { String($0 * 97 + number) }.joined(separator: ", ")))"
    },
    Question(name: "a setting as text") {
        "params.optimizer like 'a%' and params.seed like '%\($0 % 10)'"
    },
    Question(name: "a metric that a run lacks") { "metrics.metric_\(10 + $0) is null" },
    Question(name: "a metric that a run has and a tag that it lacks") {
        "metrics.metric_\(10 + $0) is not null and tags.owner is null"
    },
    Question(name: "a time and a metric") {
        "created_at < \(1_800_000_000_000 + ($0 + 1) * 1_000_000) and metrics.metric_33 > 0.5"
    },
    Question(
        name: "by a metric, a tag and two metrics",
        filter: {
            "tags.team = 'team 3' and metrics.metric_0\($0 % 10) < 0.1 and metrics.metric_55 > 0.7"
        }, order: "metrics.metric_42"),
    Question(
        name: "by a setting, a status of six", filter: { _ in "status = 'failed'" },
        order: "params.optimizer.learning_rate desc"),
    Question(
        name: "by size, a metric", filter: { "metrics.metric_07 < 0.1\($0)" },
        order: "parameters desc"),
]

print("\(runs) runs with 100 metrics each, \(try bytes(path) >> 20) MiB; pages of 50, ms")
let only = arguments.dropFirst(2).first
for question in questions where only == nil || question.name == only {
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
