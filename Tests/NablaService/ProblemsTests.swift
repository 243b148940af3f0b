import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaNetworks
import NablaSockets
import NablaStore
import Testing

@testable import NablaService

/// What each error that a part of the service throws becomes for the caller: status and kind.
@Suite struct ProblemsTests {
    struct Case<Failure: Sendable>: Sendable {
        let error: Failure
        let status: Int
        let slug: String
    }

    static let stored: [Case<StoreError>] = [
        Case(error: .notFound(id: "x"), status: 404, slug: "not-found"),
        Case(error: .conflict(why: "taken"), status: 409, slug: "conflict"),
        Case(error: .invalidCursor, status: 400, slug: "invalid-parameter"),
        Case(error: .invalidValue(why: "a NUL"), status: 400, slug: "out-of-range"),
        Case(error: .full(sql: "INSERT"), status: 503, slug: "unavailable"),
        Case(error: .ioFailure(why: "EIO", sql: nil), status: 503, slug: "unavailable"),
        Case(error: .busy(sql: nil), status: 503, slug: "unavailable"),
        Case(error: .closed, status: 503, slug: "unavailable"),
        Case(error: .cannotOpen(path: "/x", why: "EACCES"), status: 500, slug: "internal-error"),
        Case(
            error: .newerSchema(path: "/x", found: "2", known: "1"), status: 500,
            slug: "internal-error"),
        Case(error: .corrupt(why: "bad page", sql: nil), status: 500, slug: "internal-error"),
        Case(error: .unexpected(why: "syntax", sql: nil), status: 500, slug: "internal-error"),
    ]

    @Test(arguments: stored) func ofTheStore(_ expected: Case<StoreError>) {
        let problem = Problem(expected.error)
        #expect(problem.kind.status == expected.status)
        #expect(problem.kind.rawValue == expected.slug)
        #expect(problem.detail == expected.error.detail)
        let fails = { () throws(StoreError) -> Int in throw expected.error }
        #expect(throws: problem) { try Problem.storing(fails) }
    }

    @Test(arguments: Problem.Kind.allCases) func aStatusHasItsPhrase(_ kind: Problem.Kind) {
        var head: [UInt8] = []
        ResponseHead.write(
            Status(code: kind.status), [:], framing: .length(0), persistence: .implied, common: [],
            to: &head)
        let line = String(decoding: head.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        #expect(line.wholeMatch(of: /HTTP\/1\.1 \d{3} [A-Z].+/) != nil, "\(line)")
    }

    static let invalid: [Case<InvalidValue.Reason>] = [
        Case(error: .outOfRange, status: 400, slug: "out-of-range"),
        Case(error: .shapeMismatch, status: 422, slug: "shape-mismatch"),
        Case(error: .inconsistent, status: 422, slug: "inconsistent"),
    ]

    @Test(arguments: invalid) func ofAnInvalidValue(_ expected: Case<InvalidValue.Reason>) {
        let error = InvalidValue(expected.error, "too many", at: "/samples/inputs")
        for problem in [Problem(error), Problem(ComputationError.invalid(error))] {
            #expect(problem.kind.status == expected.status)
            #expect(problem.kind.rawValue == expected.slug)
            #expect(problem.detail == "too many")
            #expect(problem.pointer == "/samples/inputs")
        }
    }

    @Test func ofAComputation() throws {
        // A sum beyond float64 in the second layer, from the core itself.
        let layer = Layer(
            .dense(
                try Dense(
                    weights: Tensor([1e200, 1e200, 1e200, 1e200], shape: [2, 2]), bias: nil,
                    activation: .identity)))
        let network = try Network(layers: [layer, layer])
        let samples = try Samples(
            inputs: Tensor([1.0, 1], shape: [1, 2]), targets: Tensor([0.0, 0], shape: [1, 2]))
        let loss = try Loss(.meanSquaredError)
        let compute = { (isCancelled: Bool) throws(Problem) -> Gradients in
            try Problem.computing { () throws(ComputationError) in
                try Gradients.compute(
                    of: loss, network: network, samples: samples, dtype: .float64,
                    including: [], workspace: Workspace(), shards: .serial,
                    isCancelled: { isCancelled })
            }
        }
        let overflow = #expect(throws: Problem.self) { try compute(false) }
        #expect(overflow?.kind == .nonFinite && overflow?.kind.status == 422)
        #expect(overflow?.pointer == "/network/layers/1")
        let cancelled = #expect(throws: Problem.self) { try compute(true) }
        #expect(cancelled?.kind == .cancelled && cancelled?.kind.status == 503)
    }

    @Test func ofATextThatIsTooLongToRead() {
        let limits = JSONLimits(maximumByteCount: 4)
        let problem = #expect(throws: Problem.self) {
            try GradientsRequest(parsing: Array(#"{"loss":1}"#.utf8), limits: limits)
        }
        #expect(problem?.kind == .contentTooLarge && problem?.kind.status == 413)
    }

    /// Every status that the parser and the connections refuse a message with.
    static let messages: [Case<Status>] = [
        Case(error: .badRequest, status: 400, slug: "malformed-request"),
        Case(error: .requestTimeout, status: 408, slug: "request-timeout"),
        Case(error: .contentTooLarge, status: 413, slug: "content-too-large"),
        Case(error: .uriTooLong, status: 414, slug: "target-too-long"),
        Case(error: .expectationFailed, status: 417, slug: "expectation-failed"),
        Case(error: .fieldsTooLarge, status: 431, slug: "fields-too-large"),
        Case(error: .notImplemented, status: 501, slug: "not-implemented"),
        Case(error: .serviceUnavailable, status: 503, slug: "unavailable"),
        Case(error: .versionNotSupported, status: 505, slug: "version-not-supported"),
    ]

    @Test(arguments: messages) func ofAMessage(_ expected: Case<Status>) throws {
        try withWorkbench { bench in
            let pipeline = Pipeline(
                router: Router(fixed: [:], run: [:], runParts: [:]),
                gate: try Gate(store: bench.store, limit: RateLimit()), pool: bench.pool,
                storagePool: bench.pool, identifiers: bench.identifiers, inlineBytes: 0, loops: 1,
                onEvent: bench.events.add)
            let response = pipeline.response(
                to: MessageError(expected.error, "what is wrong"), of: nil)
            let problem = try Problem(parsing: response.body)
            #expect(response.status.code == expected.status)
            #expect(problem.kind.status == expected.status)
            #expect(problem.kind.rawValue == expected.slug)
            #expect(problem.detail == "what is wrong")
            #expect(response.fields["content-type"] == Problem.mediaType)
            #expect(response.fields["x-request-id"] == problem.instance)
            #expect(response.fields["x-content-type-options"] == "nosniff")
            #expect((response.fields["retry-after"] != nil) == (expected.status == 503))
            guard case .refused(let id, let status, let detail) = bench.events.all.last else {
                throw TestFailure("nobody was told")
            }
            #expect(id == problem.instance && status == expected.status)
            #expect(detail == "what is wrong")
        }
    }
}
