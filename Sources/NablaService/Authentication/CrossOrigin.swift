import NablaHTTP

/// Which pages of other origins a browser lets read the answers (the Fetch standard's CORS protocol).
///
/// A page that has a token puts it into Authorization itself, so credentials that a browser would add,
/// such as cookies, are never asked for.
struct CrossOrigin: Sendable {
    private let origins: Set<String>
    private let isForAll: Bool

    /// Takes the origins as in `https://app.example.org:8443`, or `*` for all; nil for none.
    init?(_ origins: [String]) {
        guard !origins.isEmpty else { return nil }
        self.origins = Set(origins)
        isForAll = origins.contains("*")
    }

    /// What every answer to a request says.
    func fields(for head: RequestHead) -> [(name: String, value: String)] {
        guard !isForAll else { return [("Access-Control-Allow-Origin", "*"), exposed] }
        // Also without an origin: a cache must not give this answer to one that has.
        let vary = (name: "Vary", value: "Origin")
        guard let origin = head.fields["origin"], origins.contains(origin) else { return [vary] }
        return [("Access-Control-Allow-Origin", origin), exposed, vary]
    }

    /// What the answer to a preflight request says beside that; nothing for what is none.
    func preflightFields(
        for head: RequestHead, _ methods: [Method]
    ) -> [(name: String, value: String)] {
        guard let origin = head.fields["origin"], isForAll || origins.contains(origin),
            head.fields["access-control-request-method"] != nil
        else { return [] }
        return [
            ("Access-Control-Allow-Methods", methods.map(\.name).joined(separator: ", ")),
            // `*` doesn't stand for Authorization.
            ("Access-Control-Allow-Headers", "Authorization, *"),
            ("Access-Control-Max-Age", "600"),
        ]
    }

    /// The fields of an answer that a page may read: all.
    private var exposed: (name: String, value: String) { ("Access-Control-Expose-Headers", "*") }
}
