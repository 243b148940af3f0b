/// What the document shows of an answer, and the call that it says this answers.
struct AnswerExample {
    let operation: Contract.Operation
    let status: Int
    let mediaType: String
    let name: String
    let value: JSON
    /// The path and query of the call.
    let target: String
    /// The header fields of the call.
    let fields: [String]
    /// The body of the call: the example of the request that has the same name.
    let body: (type: String, text: String)?
    /// Whether it shows only a part.
    let isExcerpt: Bool

    /// Its place, to be told where something is wrong.
    var place: String {
        "\(operation.method) \(operation.path) \(status) \(mediaType) \(name)"
    }
}

extension Contract {
    /// What is promised for calls that succeed and have something to say.
    var successes: [(operation: Operation, status: String, mediaType: String, content: JSON)] {
        operations.flatMap { operation, description in
            (description["responses"]?.members ?? [:]).filter { $0.key.hasPrefix("2") }.flatMap {
                status, response in
                (response["content"]?.members ?? [:]).map { (operation, status, $0.key, $0.value) }
            }
        }
    }

    /// Every example of such an answer.
    ///
    /// - Throws: `TestFailure` where a summary doesn't name the call, as in
    ///   "To `GET /runs?name=xor` with `Accept: text/csv`".
    var answerExamples: [AnswerExample] {
        get throws {
            try successes.flatMap { operation, status, mediaType, content in
                try (content["examples"]?.members ?? [:]).map { name, example in
                    let summary = example["summary"]?.text ?? ""
                    let quoted = summary.split(separator: "`", omittingEmptySubsequences: false)
                        .enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
                    let words = (quoted.first ?? "").split(separator: " ").map(String.init)
                    guard let value = example["value"], words.count == 2,
                        words[0] == operation.method, let status = Int(status)
                    else { throw TestFailure("\(operation) \(name) doesn't say to what it is") }
                    return AnswerExample(
                        operation: operation, status: status, mediaType: mediaType, name: name,
                        value: value, target: words[1], fields: Array(quoted.dropFirst()),
                        body: requestExample(name, of: operation),
                        isExcerpt: summary.contains("excerpt"))
                }
            }
        }
    }

    /// The example of a request's body, as it is sent.
    func requestExample(_ name: String, of operation: Operation) -> (type: String, text: String)? {
        for (type, content) in operations[operation]?["requestBody"]?["content"]?.members ?? [:] {
            guard let value = content["examples"]?[name]?["value"] else { continue }
            return (type, value.text ?? value.json)
        }
        return nil
    }
}
