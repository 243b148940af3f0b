import Crypto
import NablaAPI
import NablaHTTP
import NablaStore

extension IdempotencyKey {
    /// The longest key.
    private static let mostBytes = 255

    /// The key of a call's `Idempotency-Key`, with the digest of the body; nil where there is none.
    ///
    /// - Source: draft-ietf-httpapi-idempotency-key-header; a key may stand in quotes or not, and the
    ///   quotes belong to it.
    /// - Throws: `Problem` for more than one key, or one that is empty, too long or not printable ASCII.
    init?(of call: Call) throws(Problem) {
        let texts = call.head.fields.values(of: "idempotency-key")
        guard let text = texts.first else { return nil }
        guard texts.count == 1, (1...IdempotencyKey.mostBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            throw Problem(
                .invalidParameter,
                "Idempotency-Key must stand once, with 1 to \(IdempotencyKey.mostBytes) printable "
                    + "ASCII characters")
        }
        let digest = call.body.withUnsafeBytes { SHA256.hash(data: $0) }
        // Each token has keys of its own, and no key has the end of a line in it.
        self.init(text: call.token.map { "\($0)\n\(text)" } ?? text, digest: Array(digest))
    }
}

extension IdempotencyKey {
    /// The key as the caller sent it.
    fileprivate var sent: Substring { text.split(separator: "\n").last ?? "" }
}

extension RunReader {
    /// The run that a request with this key began before; nil if there was none.
    ///
    /// - Throws: `Problem` when the key came with another body then.
    func run(begunWith key: IdempotencyKey) throws(Problem) -> Run? {
        let found = try Problem.storing { () throws(StoreError) in
            try store.run(withKey: key.text)
        }
        guard let found else { return nil }
        guard found.key == key else {
            throw Problem(
                .conflict,
                "the Idempotency-Key \(key.sent) came with another body before, which began the run "
                    + "\(found.id): take a key of its own for every request")
        }
        return try run(found.id)
    }
}
