import NablaAPI
import NablaCore
import NablaHTTP

/// Finds the endpoint for a method and a path.
struct Router: Sendable {
    // Pairs and not dictionaries, here and below: there are few, and each kind of dictionary takes a start 0.1 ms.

    /// The endpoints of one path, by method.
    typealias Methods = KeyValuePairs<Method, any Endpoint>

    let fixed: KeyValuePairs<String, Methods>
    let run: Methods
    let runParts: KeyValuePairs<Path.RunPart, Methods>
    let named: KeyValuePairs<String, Methods>
    /// The paths without an open part, those of tiny requests first: looking through a few is less than
    /// computing a hash.
    private let places: [(path: String, place: Place)]
    private let runPlace: Place
    private let runPartPlaces: [(name: String, place: Place)]
    private let namedPlaces: [(name: Substring, place: Place)]

    /// A path's endpoints, and where the metrics count it.
    ///
    /// An object, so that handing it on counts one reference. Tables are gone through by index for the same reason.
    private final class Place: Sendable {
        let endpoints: [(method: Method, endpoint: RoutedEndpoint)]
        let route: Route

        init(_ methods: Methods, _ route: Route) {
            endpoints = methods.map { ($0.key, RoutedEndpoint($0.value)) }
            self.route = route
        }

        /// Whether requests may be so little work that finding the place counts.
        var isForTinyRequests: Bool { endpoints.contains { $0.endpoint.place == .loopOrWorker } }

        func endpoint(for method: Method) -> RoutedEndpoint? {
            for index in endpoints.indices where endpoints[index].method == method {
                return endpoints[index].endpoint
            }
            return nil
        }
    }

    /// - Parameters:
    ///   - fixed: The endpoints of paths without an open part.
    ///   - run: Those of one run.
    ///   - runParts: Those of a part of one run.
    ///   - named: Those of one thing with a name, by the path that the name stands behind.
    ///   - metrics: Gives the routes their counters.
    init(
        fixed: KeyValuePairs<String, Methods>, run: Methods,
        runParts: KeyValuePairs<Path.RunPart, Methods>,
        named: KeyValuePairs<String, Methods> = [:], metrics: Metrics = Metrics()
    ) {
        self.fixed = fixed
        self.run = run
        self.runParts = runParts
        self.named = named
        namedPlaces = named.map { path, methods in
            (path.dropFirst(), Place(methods, metrics.route(path + "/{name}")))
        }
        let places = fixed.map { path, methods in
            (path: path, place: Place(methods, metrics.route(path)))
        }
        self.places =
            places.filter(\.place.isForTinyRequests) + places.filter { !$0.place.isForTinyRequests }
        runPlace = Place(run, metrics.route(Path.run("{id}")))
        runPartPlaces = runParts.map { part, methods in
            (part.rawValue, Place(methods, metrics.route(Path.run("{id}", part))))
        }
    }

    /// What a route leads to.
    enum Match {
        /// An endpoint, and the open part of the path.
        case endpoint(RoutedEndpoint, subject: String)
        /// `OPTIONS`: the methods there are.
        case options([Method])
        /// A method that isn't there.
        case otherMethod(allowed: [Method])
        /// No such path.
        case nothing
    }

    /// Finds what answers a request, and the route of its path, whatever the method.
    func match(_ method: Method, _ path: String) -> (match: Match, route: Route) {
        guard let (place, subject) = place(of: path) else {
            // RFC 9112, section 3.2.4: only OPTIONS comes with it, and asks about the whole server.
            let match =
                path == "*" ? Match.options(Router.allowed(allMethods)) : .nothing
            return (match, .other)
        }
        return (Router.match(method, place, subject), place.route)
    }

    private static func match(_ method: Method, _ place: Place, _ subject: String) -> Match {
        if let endpoint = place.endpoint(for: method) {
            return .endpoint(endpoint, subject: subject)
        }
        // RFC 9110, section 9.3.2: HEAD is GET without the content, which the connection leaves out.
        if method == .head, let endpoint = place.endpoint(for: .get) {
            return .endpoint(endpoint, subject: subject)
        }
        let allowed = Router.allowed(Set(place.endpoints.map(\.method)))
        return method == .options ? .options(allowed) : .otherMethod(allowed: allowed)
    }

    /// Methods with an endpoint and those that come with them, in the order `Allow` lists them.
    private static func allowed(_ methods: Set<Method>) -> [Method] {
        var allowed = methods.sorted { $0.name < $1.name }
        if methods.contains(.get) { allowed.append(.head) }
        return allowed + [.options]
    }

    private var allMethods: Set<Method> {
        var all = Set(run.map(\.key))
        for methods in fixed.map(\.value) + runParts.map(\.value) + named.map(\.value) {
            all.formUnion(methods.map(\.key))
        }
        return all
    }

    private func place(of path: String) -> (Place, subject: String)? {
        for index in places.indices where places[index].path == path {
            return (places[index].place, "")
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].isEmpty, !parts[2].isEmpty else { return nil }
        let id = String(parts[2])
        guard parts[1] == Path.runs.dropFirst() else {
            let known = namedPlaces.first { $0.name == parts[1] }
            return parts.count == 3 ? known.map { ($0.place, id) } : nil
        }
        switch parts.count {
        case 3: return (runPlace, id)
        case 4: return runPartPlaces.first { $0.name == parts[3] }.map { ($0.place, id) }
        default: return nil
        }
    }
}

/// An endpoint, with what requests are checked by before they get to it.
///
/// An object, because an endpoint as it is is copied from hand to hand, and asked what it is like each time.
final class RoutedEndpoint: Sendable {
    let endpoint: any Endpoint
    let place: Place
    let scope: Scope?
    let mediaTypes: [String]
    let takesQuery: Bool
    let takesUploads: Bool
    /// Whether JSON is one of the media types.
    let takesJSON: Bool

    init(_ endpoint: any Endpoint) {
        self.endpoint = endpoint
        place = endpoint.place
        scope = endpoint.scope
        mediaTypes = endpoint.mediaTypes
        takesQuery = endpoint.takesQuery
        takesUploads = endpoint.takesUploads
        takesJSON = mediaTypes.contains("application/json")
    }

    /// Answers a call; throws the problem that keeps the endpoint from doing so.
    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        try endpoint.answer(call, workspace)
    }
}
