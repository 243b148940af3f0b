import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import Testing

/// The article that derives ∂L/∂b₁, against the formula worked out here and against a real service.
@Suite struct DerivationTests {
    private static let path = "Sources/NablaCore/NablaCore.docc/DerivingTheGradientOfABias.md"
    private let article: Document
    /// The numbers of its table, by the names of the factors.
    private let shown: [String: Double]

    init() throws {
        article = try Document(Self.path)
        shown = Dictionary(
            uniqueKeysWithValues: article.rows.compactMap { row in
                Double(row[1]).map { (row[0], $0) }
            })
    }

    /// Whether two numbers differ by roundings alone, of which there are some ten on the way.
    private func agree(_ one: Double?, _ other: Double) -> Bool {
        abs((one ?? .nan) - other) <= 1e-14 * max(1, abs(other))
    }

    @Test func itsNumbersAreThoseOfTheChainRule() {
        let (x, y, w1, b1, w2, b2) = (2.0, 1.0, 0.5, -0.3, -1.2, 0.4)
        let sigmoid = { (z: Double) in 1 / (1 + exp(-z)) }
        let z1 = w1 * x + b1
        let a1 = sigmoid(z1)
        let z2 = w2 * a1 + b2
        let a2 = sigmoid(z2)
        let outer = -y / a2 + (1 - y) / (1 - a2)
        let expected = [
            "z₁": z1, "a₁": a1, "z₂": z2, "a₂": a2, "∂L/∂a₂": outer, "∂a₂/∂z₂": a2 * (1 - a2),
            "a₂ − y": a2 - y, "w₂": w2, "σ′(z₁)": a1 * (1 - a1),
            "∂L/∂b₁": outer * a2 * (1 - a2) * w2 * a1 * (1 - a1),
        ]
        #expect(Set(shown.keys) == Set(expected.keys))
        for (name, value) in expected { #expect(agree(shown[name], value), "\(name): \(value)") }
    }

    @Test func theServiceExplainsThemSo() throws {
        let request = try #require(article.blocks("json").first)
        try withServer { server in
            let answer = try RawConnection.post(request, to: Path.gradients, port: server.port)
            #expect(answer.status == 200, "\(answer.body)")
            let body = try JSON(answer.body)
            let layers = try #require(body["explanation"]?["layers"]?.elements)
            let number = { (layer: Int, name: String) in
                layers[layer][name]?.elements?[0].elements?[0].number ?? .nan
            }
            let told = [
                "z₁": number(0, "pre_activations"), "a₁": number(0, "activations"),
                "z₂": number(1, "pre_activations"), "a₂": number(1, "activations"),
                "∂L/∂a₂": number(1, "activation_gradients"), "∂a₂/∂z₂": number(1, "derivatives"),
                "a₂ − y": number(1, "pre_activation_gradients"),
                "σ′(z₁)": number(0, "derivatives"),
                "∂L/∂b₁": body["gradients"]?.elements?[0]["bias"]?.elements?[0].number ?? .nan,
            ]
            for (name, value) in told { #expect(agree(shown[name], value), "\(name): \(value)") }
            let formula = try #require(article.blocks("text").first)
            #expect(answer.body.contains(formula.trimmingCharacters(in: .newlines)))
        }
    }

    @Test func differencesOfTheLossAgree() throws {
        let request = try #require(article.blocks("json").first)
            .replacing(",\n  \"include\": [\"explanation\"]", with: "")
        try withServer { server in
            let answer = try RawConnection.post(request, to: Path.check, port: server.port)
            let check = try JSON(answer.body)
            #expect(check["passes"] == .boolean(true), "\(answer.body)")
            // "nine digits", says the article.
            #expect((check["max_relative_error"]?.number ?? 1) < 1e-9)
        }
    }
}
