import NablaAPI
import NablaCore
import NablaHTTP
import Testing

@testable import NablaService

@Suite struct RouterTests {
    /// An endpoint that can be told from others.
    private struct Named: Endpoint {
        let name: String
        let place = Place.loop
        let scope: Scope? = .read

        func answer(_ call: Call, _ workspace: Workspace) -> Answer {
            .content(.json(Array(name.utf8)))
        }
    }

    private static let metrics = Metrics()
    private static let router = Router(
        fixed: [
            "/runs": [.get: Named(name: "list"), .post: Named(name: "make")],
            "/train": [.post: Named(name: "train")],
        ],
        run: [.get: Named(name: "run"), .delete: Named(name: "delete")],
        runParts: [
            .metrics: [.get: Named(name: "metrics")], .cancel: [.post: Named(name: "cancel")],
        ],
        named: ["/things": [.get: Named(name: "thing"), .put: Named(name: "keep")]],
        metrics: metrics
    )

    /// What a route leads to, in words.
    private func match(_ method: Method, _ path: String) -> String {
        switch Self.router.match(method, path).match {
        case .endpoint(let endpoint, let subject):
            "\((endpoint.endpoint as? Named)?.name ?? "?")(\(subject))"
        case .options(let methods): "options: \(methods.map(\.name).joined(separator: " "))"
        case .otherMethod(let methods): "allow: \(methods.map(\.name).joined(separator: " "))"
        case .nothing: "nothing"
        }
    }

    @Test func leadsToTheEndpointOfMethodAndPath() {
        #expect(match(.get, "/runs") == "list()")
        #expect(match(.post, "/runs") == "make()")
        #expect(match(.post, "/train") == "train()")
        #expect(match(.get, "/runs/abc") == "run(abc)")
        #expect(match(.delete, "/runs/abc") == "delete(abc)")
        #expect(match(.get, "/runs/abc/metrics") == "metrics(abc)")
        #expect(match(.post, "/runs/abc/cancel") == "cancel(abc)")
        #expect(match(.put, "/things/abc") == "keep(abc)")
        #expect(match(.delete, "/things/abc") == "allow: GET PUT HEAD OPTIONS")
    }

    @Test func headGoesWhereGetDoes() {
        #expect(match(.head, "/runs") == "list()")
        #expect(match(.head, "/runs/abc") == "run(abc)")
        #expect(match(.head, "/train") == "allow: POST OPTIONS")
    }

    @Test func anotherMethodIsToldThoseThereAreInTheirOrder() {
        #expect(match(.put, "/runs") == "allow: GET POST HEAD OPTIONS")
        #expect(match(.post, "/runs/abc") == "allow: DELETE GET HEAD OPTIONS")
        #expect(match(.get, "/runs/abc/cancel") == "allow: POST OPTIONS")
        #expect(match(.other("BREW"), "/train") == "allow: POST OPTIONS")
        #expect(match(.options, "/runs/abc/metrics") == "options: GET HEAD OPTIONS")
    }

    @Test(arguments: [
        ("/runs", "/runs"), ("/runs/abc", "/runs/{id}"), ("/runs/metrics", "/runs/{id}"),
        ("/runs/abc/metrics", "/runs/{id}/metrics"), ("/runs/abc/x", "other"), ("*", "other"),
        ("/x", "other"), ("/things/abc", "/things/{name}"),
    ])
    func theRouteIsThePathWithoutWhatCallersPutIn(_ path: String, _ template: String) {
        for method in [Method.get, .head, .options, .other("BREW")] {
            #expect(Self.router.match(method, path).route == Self.metrics.route(template))
        }
    }

    @Test func anAsteriskAsksForTheMethodsOfAll() {
        #expect(match(.options, "*") == "options: DELETE GET POST PUT HEAD OPTIONS")
    }

    @Test(
        "no other path leads anywhere",
        arguments: [
            "", "/", "/*", "/run", "/runs/", "/runs//metrics", "/runs/abc/", "/runs/abc/metrics/",
            "/runs/abc/other", "/runs/abc/metrics/x", "runs/abc", "/RUNS", "/trains", "/x/abc",
            "/things", "/things/", "/things/abc/x",
        ])
    func nothing(_ path: String) {
        for method in [Method.get, .post, .options] { #expect(match(method, path) == "nothing") }
    }

    @Test func theOpenPartIsTakenAsItStands() {
        for id in ["..", "a b", "%41", "ü", "metrics"] {
            #expect(match(.get, "/runs/\(id)") == "run(\(id))")
        }
    }
}
