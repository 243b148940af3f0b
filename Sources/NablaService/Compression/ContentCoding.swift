import NablaAPI
import NablaGzip
import NablaHTTP
import NablaSockets

/// How a request's body is coded (RFC 9110, section 8.4).
enum ContentCoding: Sendable, Equatable {
    /// As it stands.
    case identity
    /// As gzip, which `x-gzip` is another name of (section 8.4.1.3).
    case gzip
    /// In a way that isn't read, or in several.
    case other(String)

    /// Reads what the head says of the body.
    init(of head: RequestHead) {
        self = head.hasContentCoding ? ContentCoding(head.fields) : .identity
    }

    private init(_ fields: Fields) {
        let text = fields.values(of: "content-encoding").joined(separator: ", ")
        let codings = text.split(separator: ",")
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            .filter { !$0.isEmpty && $0 != "identity" }
        self = ["gzip", "x-gzip"].contains(codings.joined(separator: ",")) ? .gzip : .other(text)
    }

    /// What `Accept-Encoding` says where a coding is refused.
    static let accepted = "gzip, identity"
}

extension CompressionSettings {
    /// A compressed body as it was before.
    ///
    /// - Throws: `Problem` when it is no gzip, or when it was longer than may be.
    func inflated(_ body: [UInt8]) throws(Problem) -> [UInt8] {
        do throws(GzipError) {
            return try Gzip.inflated(
                body, limit: inflatedBytes, spareBytes: RequestReader.spareBodyBytes)
        } catch {
            throw problem(error)
        }
    }

    /// Tells a caller why a body can't be inflated.
    func problem(_ error: GzipError) -> Problem {
        switch error {
        case .malformed: Problem(.malformedRequest, "the body is not in gzip's format")
        case .truncated: Problem(.malformedRequest, "the body's gzip stream is cut short")
        case .tooLarge:
            Problem(.contentTooLarge, "the body is longer than \(inflatedBytes) bytes, inflated")
        case .noMemory: Problem(.unavailable, "there is no memory to inflate the body")
        }
    }

    /// Whether an answer of so many bytes is compressed for those who ask for it.
    func compresses(_ bytes: Int) -> Bool { bytes >= gzipBytes }

    /// Whether a caller wants gzip at least as much as the bytes as they are.
    ///
    /// - Source: RFC 9110, section 12.5.3.
    /// - Parameter fields: The values of `Accept-Encoding`.
    /// - Returns: False where there are none.
    static func wantsGzip(_ fields: [String]) -> Bool {
        let list = WeightedValue.list(fields)
        let rest = list.last { $0.value == "*" }?.quality
        let gzip = list.last { $0.value == "gzip" || $0.value == "x-gzip" }?.quality ?? rest ?? 0
        // Unnamed, the bytes as they are will always do, but are not asked for.
        let identity = list.last { $0.value == "identity" }?.quality ?? 0
        return gzip > 0 && gzip >= identity
    }
}
