import Foundation
import NablaAPI
import NablaNetworks
import Testing

@testable import NablaService

/// The document against the code it describes: routes, names, fields and kinds of problem.
///
/// What real answers look like is held against it in IntegrationTests.
@Suite struct OpenAPITests {
    private let document: [String: Any]

    init() throws {
        let root = try JSONSerialization.jsonObject(with: Data(OpenAPI.document))
        document = try #require(root as? [String: Any])
    }

    /// What stands at the end of a way through objects.
    private func part<Value>(_ way: String..., as type: Value.Type = Value.self) throws -> Value {
        let found = way.reduce(document as Any?) { ($0 as? [String: Any])?[$1] }
        guard let value = found as? Value else { throw TestFailure("nothing fits at \(way)") }
        return value
    }

    private func schema<Value>(_ name: String, _ part: String) throws -> Value {
        let schema: [String: Any] = try self.part("components", "schemas", name)
        return try #require(schema[part] as? Value, "\(name)/\(part)")
    }

    @Test func hasTheRoutesOfTheRouterAndNoOther() throws {
        let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"]
        let documented = try part("paths", as: [String: [String: Any]].self)
            .mapValues { Set($0.keys).intersection(methods) }
        try withWorkbench { bench in
            let router = Router(
                settings: Settings(), store: bench.store, pool: bench.pool,
                scheduler: bench.scheduler, isDraining: Flag())
            var routed = Dictionary(uniqueKeysWithValues: router.fixed.map { ($0.key, $0.value) })
            routed["/runs/{id}"] = router.run
            for (path, methods) in router.named { routed["\(path)/{name}"] = methods }
            for (name, methods) in router.runParts {
                routed["/runs/{id}/\(name.rawValue)"] = methods
            }
            #expect(routed.mapValues { Set($0.map { $0.key.name.lowercased() }) } == documented)
        }
    }

    @Test func isOfThisVersion() throws {
        #expect(try part("info", "version") == Service.version)
    }

    @Test func knowsEveryKindOfProblemAndItsStatus() throws {
        let properties: [String: [String: Any]] = try schema("Problem", "properties")
        let types = try #require(properties["type"]?["enum"] as? [String])
        #expect(Set(types) == Set(Problem.Kind.allCases.map { "/problems/\($0.rawValue)" }))
        let statuses = try #require(properties["status"]?["enum"] as? [Int])
        #expect(Set(statuses) == Set(Problem.Kind.allCases.map(\.status)))
        let responses: [String: [String: Any]] = try part("components", "responses")
        for kind in Problem.Kind.allCases {
            let own = responses["\(kind.status)"]?["description"] as? String ?? ""
            let other = try #require(responses["default"]?["description"] as? String)
            #expect(
                own.contains("`\(kind.rawValue)`")
                    || other.contains("\(kind.status) `\(kind.rawValue)`"), "\(kind)")
        }
    }

    @Test func listsTheNamesThatAreTaken() throws {
        let lists: [(schema: String, names: [String])] = [
            ("DType", DType.allCases.map(\.rawValue)),
            ("Encoding", Encoding.allCases.map(\.rawValue)),
            ("Initializer", Initializer.allCases.map(\.rawValue)),
            ("Reduction", Reduction.allCases.map(\.rawValue)),
            ("Metric", Metric.allCases.map(\.rawValue)),
            ("RunStatus", NablaAPI.RunStatus.allCases.map(\.rawValue)),
        ]
        for (name, names) in lists { #expect(try schema(name, "enum") == names, "\(name)") }
        // The first form of these is a name alone.
        for (name, names) in [("Activation", Activation.names), ("Loss", Loss.names)] {
            let forms: [[String: Any]] = try schema(name, "oneOf")
            #expect(forms.first?["enum"] as? [String] == names, "\(name)")
        }
        let properties: [String: [String: Any]] = try schema("GradientsRequest", "properties")
        let items = properties["include"]?["items"] as? [String: Any]
        #expect(items?["enum"] as? [String] == Inclusion.allCases.map(\.rawValue))
    }

    /// The fields that a reader takes, as it tells whoever sends it another.
    private func fields(_ read: ([UInt8]) throws -> Void, _ body: String) -> Set<String> {
        let problem = #expect(throws: Problem.self) { try read(Array(body.utf8)) }
        #expect(problem?.kind == .unknownField, "\(problem?.detail ?? "")")
        let list = problem?.detail.components(separatedBy: "The fields are ").last ?? ""
        return Set(list.components(separatedBy: ", ").map { $0.filter { $0 != "\"" } })
    }

    @Test func hasTheFieldsThatAreReadAndNoOther() throws {
        let train = { _ = try TrainRequest(parsing: $0) }
        let bodies: [(schemas: [String], fields: Set<String>)] = [
            (["GradientsRequest"], fields({ _ = try GradientsRequest(parsing: $0) }, #"{"?": 1}"#)),
            (
                ["SharedGradientsFields"],
                fields(
                    { _ = try GradientsBatch(parsing: $0).request(at: 0) },
                    #"{"requests": [{"?": 1}]}"#)
            ),
            (
                ["GradientsBatchRequest"],
                fields({ _ = try GradientsBatch(parsing: $0) }, #"{"?": 1}"#)
            ),
            (["CheckRequest"], fields({ _ = try CheckRequest(parsing: $0) }, #"{"?": 1}"#)),
            (["PredictRequest"], fields({ _ = try PredictRequest(parsing: $0) }, #"{"?": 1}"#)),
            (["TrainRequest"], fields(train, #"{"?": 1}"#)),
            (["Network"], fields(train, #"{"network": {"layers": [], "?": 1}}"#)),
            (["TrainableNetwork"], fields(train, #"{"network": {"layers": [], "?": 1}}"#)),
            (["NameReference"], fields(train, #"{"network": {"name": "", "?": 1}}"#)),
            (["RunChange"], fields({ _ = try RunChange(parsing: $0) }, #"{"?": 1}"#)),
            (["RunReference"], fields(train, #"{"network": {"run": "", "?": 1}}"#)),
            (
                ["DenseLayer", "DrawnDenseLayer"],
                fields(train, #"{"network": {"layers": [{"?": 1}]}}"#)
            ),
            (
                ["Samples"],
                fields(
                    train,
                    #"""
                    {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "loss": "hinge",
                     "samples": {"?": 1}}
                    """#)
            ),
            (
                ["ClaimedGradients"],
                fields(
                    { _ = try CheckRequest(parsing: $0) },
                    #"""
                    {"network": {"layers": [{"weights": [[1]]}]}, "loss": "hinge",
                     "samples": {"inputs": [[1]], "targets": [1]}, "gradients": [{"?": 1}]}
                    """#)
            ),
            (
                ["PackedTensor"],
                fields(
                    { _ = try PredictRequest(parsing: $0) },
                    #"{"network": {"layers": [{"weights": [[1]]}]}, "inputs": {"?": 1}}"#)
            ),
        ]
        let layers = [
            ("dense", ["DenseLayer", "DrawnDenseLayer"]),
            ("conv2d", ["ConvolutionLayer", "DrawnConvolutionLayer"]),
            ("embedding", ["EmbeddingLayer", "DrawnEmbeddingLayer"]),
            ("batch_normalization", ["BatchNormalizationLayer"]),
            ("layer_normalization", ["LayerNormalizationLayer"]),
            ("activation", ["ActivationLayer"]), ("dropout", ["DropoutLayer"]),
            ("max_pool2d", ["PoolingLayer"]), ("average_pool2d", ["PoolingLayer"]),
            ("reshape", ["ReshapeLayer"]), ("flatten", ["FlattenLayer"]),
            ("add", ["MergeLayer"]), ("multiply", ["MergeLayer"]),
            ("concatenate", ["MergeLayer"]),
        ]
        #expect(Set(layers.map(\.0)) == Set(Layer.typeNames))
        let typed = layers.map { type, schemas in
            let body = #"{"network": {"layers": [{"type": "\#(type)", "?": 1}]}}"#
            return (schemas: schemas, fields: fields(train, body))
        }
        for (schemas, fields) in bodies + typed {
            let documented = try schemas.flatMap { name -> [String] in
                let properties: [String: Any] = try schema(name, "properties")
                return Array(properties.keys)
            }
            #expect(Set(documented) == fields, "\(schemas)")
        }
    }
}
