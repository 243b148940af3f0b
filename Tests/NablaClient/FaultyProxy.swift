import Foundation
import Loopback
import Synchronization

@testable import NablaService

/// A TCP proxy that drops, delays, stalls, truncates and resets connections, in the middle of requests and of
/// answers, as its seed has it.
final class FaultyProxy: Sendable {
    /// What becomes of a connection.
    enum Fault: Hashable, CaseIterable {
        /// It comes about later.
        case delay
        /// Closed at once.
        case drop
        /// Closed within a request.
        case cutUpload
        /// Reset within a request.
        case resetUpload
        /// Closed within an answer.
        case truncate
        /// Reset within an answer.
        case reset
        /// An answer comes to its end later.
        case pause
        /// An answer never comes to its end, and the connection stays open.
        case stall

        /// Whether no call on the connection gets its answer from there on.
        var breaks: Bool { self != .delay && self != .pause }
        /// Whether it happens while a request is sent.
        var isOfUpload: Bool { self == .cutUpload || self == .resetUpload }
        /// Whether it is told by a reset.
        var isReset: Bool { self == .reset || self == .resetUpload }

        /// Each as often as it is drawn: what costs a call seconds is rare.
        fileprivate static let urn: [Fault] = [
            .delay, .delay, .drop, .drop, .cutUpload, .cutUpload, .resetUpload, .resetUpload,
            .truncate, .truncate, .truncate, .reset, .reset, .reset, .pause, .pause, .pause, .stall,
        ]
    }

    /// What the seed has drawn of the urn, and what is left in it.
    private struct Draws {
        var generator: SplitMix64
        var left: [Fault] = []
    }

    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let draws: Mutex<Draws>
    private let counts = Mutex<[Fault: Int]>([:])

    /// How many connections were broken.
    var faults: Int { counts.withLock { $0.filter(\.key.breaks).values.reduce(0, +) } }
    /// What has happened so far.
    var kinds: Set<Fault> { counts.withLock { Set($0.keys) } }

    init(to target: UInt16, seed: UInt64) throws {
        self.target = target
        draws = Mutex(Draws(generator: SplitMix64(seed: seed)))
        (listener, port) = try Loopback.listener(backlog: 128)
        Loopback.serve(listener) { [self] in carry($0) }
    }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// A fault, after how many bytes it happens, and for how many microseconds what waits does.
    private func nextFault() -> (fault: Fault, bytes: Int, microseconds: UInt32) {
        draws.withLock { draws in
            if draws.left.isEmpty { draws.left = Fault.urn.shuffled(using: &draws.generator) }
            let fault = draws.left.removeLast()
            // Requests and most answers are short, and each has a head.
            let most = fault == .truncate || fault == .reset ? 4000 : fault == .stall ? 100 : 1000
            return (
                fault, Int.random(in: 0..<most, using: &draws.generator),
                UInt32.random(in: 0..<20_000, using: &draws.generator)
            )
        }
    }

    private func note(_ fault: Fault) { counts.withLock { $0[fault, default: 0] += 1 } }

    private func carry(_ caller: Int32) {
        let (fault, bytes, microseconds) = nextFault()
        let service = Loopback.socket()
        defer {
            close(caller)
            close(service)
        }
        if fault == .delay || fault == .drop { note(fault) }
        guard fault != .drop else { return }
        if fault == .delay { usleep(microseconds) }
        guard (try? Loopback.connect(service, to: target)) != nil else { return }
        var bytesLeft = fault == .delay ? Int.max : bytes
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while let readable = Loopback.readable([caller, service]) {
            for (isReadable, from, to) in [
                (readable[0], caller, service), (readable[1], service, caller),
            ] where isReadable {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                var rest = buffer[..<count]
                if fault.isOfUpload == (from == caller), bytesLeft <= count {
                    guard Loopback.send(rest.prefix(bytesLeft), to: to) else { return }
                    rest = rest.dropFirst(bytesLeft)
                    note(fault)
                    if fault != .pause { return end(caller, service, fault) }
                    usleep(microseconds)
                    bytesLeft = .max
                } else if fault.isOfUpload == (from == caller) {
                    bytesLeft -= count
                }
                guard Loopback.send(rest, to: to) else { return }
            }
        }
    }

    /// Breaks a connection, which is closed afterwards.
    private func end(_ caller: Int32, _ service: Int32, _ fault: Fault) {
        if fault == .stall {
            // Until the caller has lost its patience.
            var byte: UInt8 = 0
            while recv(caller, &byte, 1, 0) > 0 {}
        } else if fault.isReset {
            Loopback.resetWhenClosed(caller)
            if fault.isOfUpload { Loopback.resetWhenClosed(service) }
        }
    }
}
