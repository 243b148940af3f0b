import NablaHTTP

/// All that a reader makes of the bytes of a connection.
struct Reading: Equatable {
    /// A request, in a form that can be compared.
    struct Request: Equatable {
        let method: String
        let path: String
        let rawPath: String
        let query: [String]
        let host: String
        let version: Version
        let fields: [String]
        let framing: RequestHead.Framing
        let flags: [Bool]
        let body: [UInt8]

        init(_ head: RequestHead, body: [UInt8]) {
            method = head.method.name
            path = head.target.path
            rawPath = head.target.rawPath
            query = head.target.query.flatMap { [$0.name, $0.value] }
            host = head.host
            version = head.version
            fields = head.fields.all.map { "\($0.name): \($0.value)" }
            framing = head.framing
            flags = [head.keepAlive, head.expectsContinue, head.hasContentCoding]
            self.body = body
        }
    }

    /// How it ended.
    enum End: Equatable {
        case waiting(RequestReader.Position)
        case refused(MessageError)
    }

    private(set) var requests: [Request] = []
    private(set) var end = End.waiting(.betweenRequests)

    /// Reads pieces one by one.
    ///
    /// - Parameters:
    ///   - pieces: What arrives, in order.
    ///   - limits: The reader's limits.
    ///   - receivesInPlace: Whether bodies of announced length are received where they are kept.
    init(of pieces: [ArraySlice<UInt8>], limits: HTTPLimits, receivesInPlace: Bool) {
        var reader = RequestReader(limits: limits)
        for piece in pieces {
            var rest = piece
            while !rest.isEmpty {
                let received =
                    receivesInPlace ? reader.receiveBody { Self.move(&rest, into: $0) } : nil
                if let received {
                    note(received, from: &reader)
                } else {
                    let bytes = Array(rest)
                    rest = []
                    note(reader.read(bytes.span), from: &reader)
                }
                if case .refused = end { return }
            }
        }
        end = .waiting(reader.position)
    }

    private static func move(
        _ rest: inout ArraySlice<UInt8>, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let count = min(rest.count, buffer.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
    }

    /// Notes an outcome and those that the bytes behind it lead to.
    private mutating func note(
        _ outcome: RequestReader.Outcome, from reader: inout RequestReader
    ) {
        var outcome = outcome
        while true {
            switch outcome {
            case .needsMore: return
            case .request(let head, let body):
                requests.append(Request(head, body: body))
                outcome = reader.next()
            case .invalid(let error):
                end = .refused(error)
                return
            }
        }
    }
}
