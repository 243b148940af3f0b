import Foundation
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
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) != 0 || getsockname(listener, $0, &length) != 0
            }
        }
        guard !failed, listen(listener, 128) == 0 else { throw SilentListener.CannotListen() }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let caller = accept(listener, nil, nil), caller >= 0 {
                Thread.detachNewThread { [self] in carry(caller) }
            }
            close(listener)
        }
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
        let service = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
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
        guard connectToTarget(service) else { return }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            var waits = [
                pollfd(fd: caller, events: Int16(POLLIN), revents: 0),
                pollfd(fd: service, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, -1) > 0 else { return }
            if waits[0].revents != 0 {
                let count = recv(caller, &buffer, buffer.count, 0)
                guard count > 0, sendAll(buffer[..<count], to: service) else { return }
            }
            if waits[1].revents != 0 {
                let count = recv(service, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                guard sendAll(buffer[..<min(count, bytesLeft)], to: caller) else { return }
                bytesLeft -= count
                guard bytesLeft > 0 else { break }
            }
        }
        faultCount.withLock { $0 += 1 }
        if case .reset = fault {
            // Closing a socket that lingers for no time resets the connection.
            var lingering = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                caller, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        }
    }

    private func connectToTarget(_ descriptor: Int32) -> Bool {
        var address = loopback(port: target)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
}
