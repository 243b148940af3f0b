import NablaAPI
import NablaNetworks
import Testing

@testable import NablaService

/// Requests of a form that came before, against the same requests to a service that hasn't seen it.
@Suite struct RecentFormsTests {
    private static func body(
        weights: String = "[[0.5,-0.25],[1.5,2]]", last: String = "[[0.3,-0.7]]",
        inputs: String = "[[0,0],[0,1],[1,0],[1,1]]", targets: String = "[[0],[1],[1],[0]]",
        samples: String = "", rest: String = ""
    ) -> String {
        """
        {"network":{"layers":[{"weights":\(weights),"bias":[0.1,-0.2],"activation":"sigmoid"},
          {"bias":[0.4], "weights" : \(last), "activation":"sigmoid"}]},
         "loss":"binary_cross_entropy","samples":{"targets":\(targets),"inputs":\(inputs)\(samples)}\
        \(rest)}
        """
    }

    /// The answer's body, or the problem's.
    private static func answer(_ body: String, from service: EmbeddedService) -> String {
        do {
            let answer = try service.answer("POST", Path.gradients, body: Array(body.utf8))
            return String(decoding: answer, as: UTF8.self)
        } catch {
            return String(decoding: error.json(), as: UTF8.self)
        }
    }

    /// Has one service answer all bodies, each more than once, and expects what services say that have
    /// seen nothing else.
    private func expectSame(_ bodies: [String]) throws {
        let service = try EmbeddedService()
        defer { service.close() }
        for body in bodies + bodies {
            let fresh = try EmbeddedService()
            defer { fresh.close() }
            let expected = Self.answer(body, from: fresh)
            #expect(Self.answer(body, from: service) == expected, "\(body)")
            #expect(Self.answer(body, from: service) == expected, "\(body)")
        }
    }

    @Test(arguments: [
        "", #","dtype":"float32""#, #","reduction":"sum""#, #","reduction":"none""#, #","wrt":[1]"#,
        #","include":["outputs","norms"]"#, #","include":["explanation"]"#,
        #","encoding":"base64""#, #","training":true,"seed":3"#,
    ])
    func otherNumbersGetTheirOwnAnswer(_ rest: String) throws {
        try expectSame([
            Self.body(rest: rest),
            Self.body(weights: "[[-1e-3,12.75],[0.1234567890123456,-0]]", rest: rest),
            Self.body(last: "[[1e-300,7]]", inputs: "[[1,2],[3,4],[5,6],[-7e1,8]]", rest: rest),
            Self.body(targets: "[[0.25],[1],[0],[0.5]]", rest: rest),
            // Another form, with the same numbers.
            Self.body(targets: "[0.25,1,0,0.5]", rest: rest),
        ])
    }

    @Test func whatIsWrongIsToldAsIfItCameFirst() throws {
        try expectSame([
            Self.body(),
            Self.body(targets: "[[0],[1.5],[1],[0]]"),
            Self.body(weights: "[[0.5,-0.25],[1.5]]"),
            Self.body(weights: "[[0.5,-0.25],[1e999,2]]"),
            Self.body(weights: "[[0.5,-0.25],[\"2\",2]]"),
            Self.body(weights: "[[0.5,-0.25],[01,2]]"),
            Self.body(weights: "[[1e308,1e308],[1,2]]", inputs: "[[1,1],[0,1],[1,0],[1,1]]"),
            Self.body(inputs: "[[0,0],[0,1],[1,0]]"),
            Self.body(rest: #","wrt":[2]"#),
            Self.body() + " ",
            String(Self.body().dropLast()),
            Self.body(weights: "[[0.5,-0.25],[1e39,2]]", rest: #","dtype":"float32""#),
            Self.body(weights: "[[0.5,-0.25],[1e38,2]]", rest: #","dtype":"float32""#),
        ])
    }

    @Test func samplesMayHaveWeights() throws {
        func body(_ weights: String) -> String { Self.body(samples: #","weights":\#(weights)"#) }
        try expectSame([
            body("[1,2,3,4]"), body("[0,0.5,0,1e-3]"), body("[0,0,0,0]"), body("[1,-2,3,4]"),
            body("null"), body("[1,2,3]"),
        ])
    }

    @Test func classesAndTokensAreChecked() throws {
        func body(_ tokens: String, _ classes: String) -> String {
            """
            {"network":{"layers":[
              {"type":"embedding","weights":[[1,2],[3,4],[5,6]]},{"type":"flatten"},
              {"weights":[[1,2,0.5,1],[3,-4,0.25,1]],"activation":"softmax"}],"input_shape":[2]},
             "loss":{"type":"cross_entropy","class_weights":[0,1]},
             "samples":{"inputs":\(tokens),"targets":\(classes)}}
            """
        }
        try expectSame([
            body("[[0,1],[2,2]]", "[0,1]"), body("[[2,1],[0,0]]", "[1,1]"),
            body("[[3,1],[0,0]]", "[1,1]"), body("[[0.5,1],[0,0]]", "[1,1]"),
            body("[[0,1],[2,2]]", "[0,2]"), body("[[0,1],[2,2]]", "[0,0]"),
            body("[[0,1],[2,2]]", "[[0.5,0.5],[1,0]]"),
        ])
    }

    @Test func numbersThatAreNoParametersAreTheRequestsOwn() throws {
        func body(_ epsilon: String, _ mean: String) -> String {
            """
            {"network":{"input_shape":[2],"layers":[
              {"type":"batch_normalization","epsilon":\(epsilon),"weights":[1,2],"bias":[0,1],
               "running_mean":\(mean),"running_variance":[1,2]},{"weights":[[1,2]]}]},
             "loss":"mean_squared_error","samples":{"inputs":[[1,2],[3,4]],"targets":[[1],[2]]}}
            """
        }
        try expectSame([
            body("0.1", "[0,0]"), body("0.2", "[0,0]"), body("0.1", "[1,0]"), body("0.1", "[0,0]"),
        ])
    }

    @Test func manyCallersAtOnceAreToldApart() throws {
        try expectSame(
            (1...20).map { width in
                let row = (0..<width).map { "\(Double($0) / 8)" }.joined(separator: ",")
                return """
                    {"network":{"layers":[{"weights":[[\(row)]]}]},"loss":"mean_squared_error",
                     "samples":{"inputs":[[\(row)]],"targets":[[1]]}}
                    """
            })
    }
}
