import Foundation
import Glibc
import Loopback

/// A TCP connection that sends exactly the bytes a test wants, well-formed or not.
final class RawConnection {
    private let descriptor: Int32
    /// What came behind the last of `nextAnswer`.
    private var unread: [UInt8] = []

    /// Connects; `receiveBuffer` bounds what the system holds for one that doesn't read, `patience` the seconds that it
    /// waits for more to read.
    init(port: UInt16, receiveBuffer: Int32? = nil, patience: Int = 20) throws {
        descriptor = Loopback.socket()
        if var bytes = receiveBuffer {
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        Loopback.setPatience(patience, of: descriptor)
        try Loopback.connect(descriptor, to: port)
    }

    deinit {
        close(descriptor)
    }

    /// Sends bytes; what a server refuses to take is left out.
    func send(_ bytes: [UInt8]) {
        Loopback.send(bytes, to: descriptor)
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Says that nothing more will come.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Cuts the connection off, as a process that dies does.
    func reset() {
        Loopback.resetWhenClosed(descriptor)
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// What comes until the peer closes, or `isEnough`.
    func receive(until isEnough: ([UInt8]) -> Bool = { _ in false }) -> [UInt8] {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(received) {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            received += chunk[..<count]
        }
        return received
    }

    /// The next answer, whose body has a Content-Length.
    func receiveAnswer() throws -> Answer {
        try Answer(receive { Answer.isWhole($0) })
    }

    /// The next of several answers, which have a Content-Length or no body.
    ///
    /// The answer to HEAD says how long a body would be, and none comes.
    func nextAnswer(toHead: Bool = false) throws -> Answer {
        var headLength = unread.lengthOfHead
        while headLength == nil {
            try receiveMore()
            headLength = unread.lengthOfHead
        }
        let bodyStart = headLength ?? 0
        var answer = try Answer(Array(unread[..<bodyStart]))
        var end = bodyStart
        if !toHead, answer.status >= 200, answer.status != 204 {
            end += answer.fields["content-length"].flatMap { Int($0) } ?? 0
        }
        while unread.count < end { try receiveMore() }
        answer.content = Array(unread[bodyStart..<end])
        answer.body = String(decoding: answer.content, as: UTF8.self)
        unread.removeFirst(end)
        return answer
    }

    /// The next answer that is not an interim one.
    func nextFinalAnswer(toHead: Bool = false) throws -> Answer {
        while true {
            let answer = try nextAnswer(toHead: toHead)
            if answer.status >= 200 { return answer }
        }
    }

    /// Waits for the peer to close, and says whether it did without sending more.
    func isEnded() throws -> Bool {
        guard unread.isEmpty else { return false }
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, 0)
        guard count >= 0 || errno == ECONNRESET else { throw TestFailure("recv: \(errno)") }
        return count <= 0
    }

    private func receiveMore() throws {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else {
            let text = String(decoding: unread, as: UTF8.self)
            throw TestFailure("the connection ended or is silent after \"\(text)\"")
        }
        unread += chunk[..<count]
    }

    /// An answer, taken apart.
    struct Answer {
        let status: Int
        let fields: [String: String]
        /// The body as text; for one that is none, see `content`.
        fileprivate(set) var body: String
        /// The body's bytes.
        fileprivate(set) var content: [UInt8]

        init(_ bytes: [UInt8]) throws {
            let text = String(decoding: bytes, as: UTF8.self)
            let parts = text.components(separatedBy: "\r\n\r\n")
            let lines = parts[0].components(separatedBy: "\r\n")
            let words = lines[0].split(separator: " ")
            guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
                throw TestFailure("no answer but \"\(text.prefix(200))\"")
            }
            self.status = status
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                fields[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                    .trimmingCharacters(in: .whitespaces)
            }
            self.fields = fields
            body = parts.dropFirst().joined(separator: "\r\n\r\n")
            content = bytes.lengthOfHead.map { Array(bytes[$0...]) } ?? []
        }

        /// Whether these bytes are an answer, or the begin of one that goes on as events come.
        static func isWholeOrStreamed(_ bytes: [UInt8]) -> Bool {
            guard bytes.lengthOfHead != nil, let answer = try? Answer(bytes) else { return false }
            return answer.fields["content-type"] == "text/event-stream" || isWhole(bytes)
        }

        static func isWhole(_ bytes: [UInt8]) -> Bool {
            guard let answer = try? Answer(bytes),
                String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n")
            else { return false }
            guard let length = answer.fields["content-length"].flatMap({ Int($0) }) else {
                return false
            }
            return answer.body.utf8.count >= length
        }
    }
}

extension [UInt8] {
    /// How long the head is that these bytes begin with; nil while its end isn't there.
    fileprivate var lengthOfHead: Int? {
        var length = 4
        while length <= count {
            let isEnd = self[length - 1] == 0x0A && self[length - 4] == 0x0D
            if isEnd, self[length - 3] == 0x0A, self[length - 2] == 0x0D { return length }
            length += 1
        }
        return nil
    }
}

extension RawConnection {
    /// Posts a body on a connection of its own and gives the answer.
    static func post(
        _ body: String, to path: String, port: UInt16, fields: [String] = []
    ) throws -> Answer {
        try post(Array(body.utf8), to: path, port: port, fields: fields)
    }

    /// Posts bytes on a connection of their own and gives the answer.
    static func post(
        _ body: [UInt8], to path: String, port: UInt16, fields: [String] = []
    ) throws -> Answer {
        let connection = try RawConnection(port: port)
        let head =
            ["POST \(path) HTTP/1.1", "Host: test", "Content-Type: application/json"] + fields
            + ["Content-Length: \(body.count)", "Connection: close", "", ""]
        connection.send(Array(head.joined(separator: "\r\n").utf8) + body)
        return try Answer(connection.receive())
    }

    /// Gets a path on a connection of its own.
    static func get(
        _ path: String, port: UInt16, fields: [String] = [], method: String = "GET",
        version: String = "1.1"
    ) throws -> Answer {
        let connection = try RawConnection(port: port)
        let head =
            ["\(method) \(path) HTTP/\(version)", "Host: test"] + fields + [
                "Connection: close", "", "",
            ]
        connection.send(head.joined(separator: "\r\n"))
        return try Answer(connection.receive())
    }
}
