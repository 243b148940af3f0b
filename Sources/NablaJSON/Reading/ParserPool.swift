import CSimdJSON
import Synchronization

/// A simdjson parser with the tape of the last text it parsed.
///
/// Unchecked because a raw pointer isn't `Sendable`. It is safe: a parser is in the pool or in
/// exactly one document, and the C++ object behind it is tied to no thread.
struct Parser: @unchecked Sendable {
    let handle: OpaquePointer

    var capacity: Int { nabla_json_parser_capacity(handle) }
}

/// The parsers that are waiting for their next text, so that a small text allocates no tape.
///
/// Small parsers are kept up to a number. One large parser is kept beside them, because large texts
/// come in series, but only until a number of texts have passed that didn't need it.
struct ParserPool {
    static let shared = Mutex(ParserPool())

    private static let smallCapacity = 1 << 18
    private static let largeCapacity = 1 << 25
    private static let smallCount = 16
    private static let patience = 256

    private var small: [Parser] = []
    private var large: Parser?
    private var textsSinceLarge = 0

    init() { small.reserveCapacity(Self.smallCount) }

    /// Gives a kept parser for a text of that many bytes, or nil where a new one is needed.
    mutating func take(for count: Int) -> Parser? {
        guard count > Self.smallCapacity else { return small.popLast() }
        defer { large = nil }
        return large
    }

    /// Keeps a parser, and gives back one that is no longer worth its memory.
    mutating func put(_ parser: Parser) -> Parser? {
        let capacity = parser.capacity
        guard capacity > Self.smallCapacity else {
            guard small.count < Self.smallCount else { return parser }
            small.append(parser)
            return agedLarge()
        }
        guard capacity <= Self.largeCapacity, large == nil else { return parser }
        large = parser
        textsSinceLarge = 0
        return nil
    }

    private mutating func agedLarge() -> Parser? {
        guard large != nil else { return nil }
        textsSinceLarge += 1
        guard textsSinceLarge > Self.patience else { return nil }
        defer { large = nil }
        return large
    }
}

extension Parser {
    /// Takes a parser for a text of that many bytes from the pool, or makes one; nil when there is
    /// no memory.
    static func take(for count: Int) -> Parser? {
        if let kept = ParserPool.shared.withLock({ $0.take(for: count) }) { return kept }
        return nabla_json_parser_create().map(Parser.init)
    }

    /// Gives the parser to the pool; its tape must not be read any more.
    func release() {
        if let idle = ParserPool.shared.withLock({ $0.put(self) }) {
            nabla_json_parser_destroy(idle.handle)
        }
    }
}
