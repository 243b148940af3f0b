import NablaHTTP

/// What an answer and the log tell of a request.
///
/// It knows the request but for its body, which may be large, while the answer comes long after in some cases.
struct RequestContext: Sendable {
    /// The id that answer and log carry.
    let id: RequestID
    /// The request's method, target and fields.
    let head: RequestHead
    /// Where the request's path leads.
    let route: Route
    /// The name of the token the request was made with; nil where callers need none.
    let token: String?
    /// What the answer says whatever it is.
    let fields: [(name: String, value: String)]
    /// When the request came in, by `Stopwatch`.
    let start: Double
}

/// What a request is called.
enum RequestID: Sendable {
    /// What the caller calls it: 1 to 128 letters, digits, `.`, `_` and `-`.
    case given(String)
    /// What it is called here; no text until one is asked for.
    case made(Identifier)

    /// The most bytes of an id.
    static let room = 128

    /// Keeps the caller's own id where it is sane, and else has one made.
    init(of head: RequestHead, or make: () -> Identifier) {
        if let id = head.requestID, (1...RequestID.room).contains(id.utf8.count),
            id.utf8.allSatisfy(\.isPlain)
        {
            self = .given(id)
        } else {
            self = .made(make())
        }
    }

    /// As answer and log have it.
    var text: String {
        switch self {
        case .given(let text): text
        case .made(let identifier): identifier.text
        }
    }

    /// Appends the text; there must be `room`.
    func write(to output: inout OutputSpan<UInt8>) {
        switch self {
        case .given(let text): output.append(copying: text.utf8.span)
        case .made(let identifier): identifier.write(to: &output)
        }
    }
}
