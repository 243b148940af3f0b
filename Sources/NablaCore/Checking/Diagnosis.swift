/// What a check comes to, in words.
struct Diagnosis {
    let tensors: [GradientCheck.TensorCheck]
    let kinks: [GradientCheck.Entry]
    let hasClaim: Bool
    /// What the tensors of a claim that doesn't pass look like.
    var findings: [(tensor: Int, finding: Suspects.Finding)] = []

    /// Sentences without the last one's full stop, which a reader may put.
    var text: String {
        let passes = tensors.allSatisfy { $0.failures == 0 }
        var sentences: [String] = []
        switch (hasClaim, passes) {
        case (false, true):
            sentences = ["no claim: the service's own gradients agree with the differences"]
        case (false, false):
            let failures = tensors.reduce(0) { $0 + $1.failures }
            sentences = [
                "no claim: the service's own gradients and the differences disagree at "
                    + "\(failures) entries; try another step"
            ]
        case (true, true):
            sentences = ["the claim agrees with the differences"]
        case (true, false): sentences = claimSentences
        }
        if !kinks.isEmpty { sentences.append(kinkSentence) }
        return sentences.joined(separator: ". ")
    }

    /// One part for each finding, naming its tensors.
    private var claimSentences: [String] {
        var order: [String] = []
        var names: [String: [Int]] = [:]
        for (tensor, finding) in findings {
            if names[finding.phrase] == nil { order.append(finding.phrase) }
            names[finding.phrase, default: []].append(tensor)
        }
        var parts = order.map { phrase in
            let wrong = names[phrase] ?? []
            let isAll = wrong.count == tensors.count && tensors.count > 1
            return (isAll ? "every tensor" : wrong.map(name).joined(separator: ", ")) + ": "
                + phrase
        }
        if findings.count < tensors.count { parts.append("the other tensors agree") }
        return [parts.joined(separator: "; ")]
    }

    private func name(_ index: Int) -> String {
        "layer \(tensors[index].layer) \(tensors[index].tensor)"
    }

    private var kinkSentence: String {
        let places = kinks.prefix(3).map(\.place.pointer).joined(separator: ", ")
        let more = kinks.count > 3 ? " and \(kinks.count - 3) more entries" : ""
        let corner = kinks.first?.kink.map(Diagnosis.name) ?? "a corner"
        return "Differences are unreliable at \(places)\(more): \(corner) lies within the step"
    }

    private static func name(_ kink: GradientCheck.Kink) -> String {
        let sample = kink.sample.map { " for sample \($0)" } ?? ""
        switch (kink.layer, kink.unit) {
        case (let layer?, let unit?):
            return "the corner of the activation of layer \(layer), unit \(unit),\(sample)"
        case (nil, let unit?): return "the corner of the loss at output \(unit)\(sample)"
        default: return "a corner"
        }
    }
}
