import Glibc
import NablaAPI
import Synchronization

/// Makes identifiers that sort by the time they were made.
///
/// - Source: RFC 9562, section 5.7 (UUID version 7); the 12 bits after the time count within a millisecond.
final class IdentifierSource: Sendable {
    private struct State {
        var milliseconds: Int64 = 0
        var count: UInt64 = 0
        /// Draws the random part: apart from other processes and hard to meet, but no secret.
        var generator = SplitMix64(seed: .random(in: .min ... .max))
    }

    private let state = Mutex(State())

    /// Gives an identifier that no other call gives; later ones of this source sort after it.
    func next() -> String {
        let (high, low) = state.withLock { state in
            let now = Timestamp.now.milliseconds
            if now > state.milliseconds {
                state.milliseconds = now
                state.count = 0
            } else {
                state.count += 1
                if state.count == 4096 {
                    state.milliseconds += 1
                    state.count = 0
                }
            }
            let high = UInt64(state.milliseconds) << 16 | 0x7000 | state.count
            let low = state.generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
            return (high, low)
        }
        return IdentifierSource.text(high, low)
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                let shift = 60 - 4 * (index % 16)
                buffer[position] = digits.utf8Start[Int(word >> UInt64(shift) & 15)]
                position += 1
            }
            return position
        }
    }
}

extension UInt8 {
    /// Whether it is a letter, a digit, `.`, `_` or `-`: what names and ids are made of that go
    /// through fields, logs and shells as they are.
    var isPlain: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Timestamp {
    /// The present moment.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
