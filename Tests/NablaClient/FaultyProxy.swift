import Foundation
import Loopback
import Synchronization

@testable import NablaService

/// A TCP proxy that drops, delays, truncates and resets connections, as its seed has it.
final class FaultyProxy: Sendable {
    /// What becomes of a connection.
    private enum Fault {
        /// Nothing but a wait before the answer, in microseconds.
        case delay(UInt32)
        /// Closed at once.
        case drop
        /// Closed after so many bytes of the answers.
        case truncate(Int)
        /// Reset after so many bytes of the answers.
        case reset(Int)
    }

    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let generator: Mutex<SplitMix64>
    private let faultCount = Mutex(0)

    /// How many connections were broken.
    var faults: Int { faultCount.withLock { $0 } }

    init(to target: UInt16, seed: UInt64) throws {
        self.target = target
        generator = Mutex(SplitMix64(seed: seed))
        (listener, port) = try Loopback.listener(backlog: 128)
        Loopback.serve(listener) { [self] in carry($0) }
    }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func nextFault() -> Fault {
        generator.withLock { generator in
            let bytes = Int.random(in: 0..<4000, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1: return .drop
            case 2, 3: return .truncate(bytes)
            case 4, 5: return .reset(bytes)
            default: return .delay(UInt32(bytes * 5))
            }
        }
    }

    private func carry(_ caller: Int32) {
        let fault = nextFault()
        let service = Loopback.socket()
        defer {
            close(caller)
            close(service)
        }
        var bytesLeft = Int.max
        switch fault {
        case .delay(let microseconds): usleep(microseconds)
        case .drop: return faultCount.withLock { $0 += 1 }
        case .truncate(let bytes), .reset(let bytes): bytesLeft = bytes
        }
        guard (try? Loopback.connect(service, to: target)) != nil else { return }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            guard let readable = Loopback.readable([caller, service]) else { return }
            if readable[0] {
                let count = recv(caller, &buffer, buffer.count, 0)
                guard count > 0, Loopback.send(buffer[..<count], to: service) else { return }
            }
            if readable[1] {
                let count = recv(service, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                guard Loopback.send(buffer[..<min(count, bytesLeft)], to: caller) else { return }
                bytesLeft -= count
                guard bytesLeft > 0 else { break }
            }
        }
        faultCount.withLock { $0 += 1 }
        if case .reset = fault { Loopback.resetWhenClosed(caller) }
    }
}
