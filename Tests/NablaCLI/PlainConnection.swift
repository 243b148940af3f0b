import Foundation
import Glibc
import Loopback

/// A TCP connection to a program that serves, of whose bytes nothing is read but what a test asks for.
final class PlainConnection {
    private let descriptor: Int32

    /// Connects to `127.0.0.1:` and a port; receiving gives up after 30 seconds.
    init(_ address: String) throws {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw TestFailure("no port in \(address)")
        }
        descriptor = Loopback.socket()
        Loopback.setPatience(30, of: descriptor)
        try Loopback.connect(descriptor, to: port)
    }

    deinit {
        close(descriptor)
    }

    /// Sends bytes; what a server refuses to take is left out.
    func send(_ bytes: some Collection<UInt8>) {
        Loopback.send(bytes, to: descriptor)
    }

    func send(_ text: String) {
        send(text.utf8)
    }

    /// What comes until a text has come, or else until the server closes.
    func receive(until mark: String? = nil) -> String {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if let mark, text.contains(mark) { return text }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return text }
            received += chunk[..<count]
        }
    }
}
