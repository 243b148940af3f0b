/// Bytes on their way to a client, in order.
struct Outbox {
    /// Bodies from this size on are sent from where they are instead of being copied behind the
    /// head.
    private static let copyLimit = 16 << 10

    private var front: [UInt8] = []
    private var frontSent = 0
    /// A large body; nothing is put behind it before it has gone.
    private var body: [UInt8] = []
    private var bodySent = 0

    /// What sending led to.
    enum Outcome {
        case all(sent: Int)
        case some(sent: Int)
        case failed
    }

    var isEmpty: Bool { frontSent == front.count && bodySent == body.count }

    /// Appends small pieces, written by `write`.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&front)
    }

    /// Appends the body that belongs to the head just written.
    mutating func append(body bytes: [UInt8]) {
        if bytes.count <= Self.copyLimit || !body.isEmpty {
            front.append(contentsOf: bytes)
        } else {
            body = bytes
        }
    }

    /// Sends as much as the system takes.
    mutating func send(through socket: Socket) -> Outcome {
        var total = 0
        while !isEmpty {
            switch transfer(socket) {
            case .bytes(let count):
                total += count
                advance(by: count)
            case .blocked:
                return .some(sent: total)
            case .failed:
                return .failed
            }
        }
        return .all(sent: total)
    }

    private func transfer(_ socket: Socket) -> Socket.Transfer {
        front.withUnsafeBytes { front in
            body.withUnsafeBytes { body in
                let rest = UnsafeRawBufferPointer(rebasing: front[frontSent...])
                let bodyRest = UnsafeRawBufferPointer(rebasing: body[bodySent...])
                guard !rest.isEmpty else {
                    return socket.send(bodyRest, UnsafeRawBufferPointer(start: nil, count: 0))
                }
                return socket.send(rest, bodyRest)
            }
        }
    }

    private mutating func advance(by count: Int) {
        let fromFront = min(count, front.count - frontSent)
        frontSent += fromFront
        bodySent += count - fromFront
        if frontSent == front.count {
            // What an idle connection holds on to is small.
            front.removeAll(keepingCapacity: front.capacity <= 4 << 10)
            frontSent = 0
        } else if frontSent > 64 << 10, frontSent > front.count / 2 {
            front.removeSubrange(0..<frontSent)
            frontSent = 0
        }
        if bodySent == body.count, bodySent > 0 {
            body = []
            bodySent = 0
        }
    }
}
