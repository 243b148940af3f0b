import Glibc
public import NablaAPI
import NablaHTTP
import Synchronization

/// A number that no other thing of its kind has; later ones of a source sort after earlier ones, as text, too.
///
/// - Source: RFC 9562, section 5.7 (UUID version 7); the 12 bits after the time count within a millisecond.
struct Identifier: Sendable {
    /// The upper 64 bits: time, version and count.
    let high: UInt64
    /// The lower 64 bits: variant and chance.
    let low: UInt64

    /// Characters of every text.
    static let length = 36

    /// As a UUID is written, in lower case.
    var text: String {
        String(unsafeUninitializedCapacity: Identifier.length) { buffer in
            var output = OutputSpan(buffer: buffer, initializedCount: 0)
            write(to: &output)
            return output.finalize(for: buffer)
        }
    }

    /// Appends the text; there must be room for `length` bytes.
    func write(to output: inout OutputSpan<UInt8>) {
        let (first, second) = (digits(high >> 32), digits(high & 0xFFFF_FFFF))
        let (third, fourth) = (digits(low >> 32), digits(low & 0xFFFF_FFFF))
        let dash = UInt64(UInt8(ascii: "-")) << 32
        output.append(8, of: first)
        output.append(UInt8(ascii: "-"))
        output.append(5, of: second & 0xFFFF_FFFF | dash)
        output.append(5, of: second >> 32 | dash)
        output.append(5, of: third & 0xFFFF_FFFF | dash)
        output.append(4, of: third >> 32)
        output.append(8, of: fourth)
    }

    /// The eight hexadecimal digits of a number below 2³², the first in the lowest byte.
    private func digits(_ number: UInt64) -> UInt64 {
        // A byte for each four bits, in three steps that each halve what lies together.
        var spread = number
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Adding six carries into the upper half of those that want a letter.
        let letters = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        let text = spread &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
        return text.byteSwapped
    }
}

/// Makes identifiers.
final class IdentifierSource: Sendable {
    private struct State {
        var milliseconds: Int64 = 0
        var count: UInt64 = 0
        /// Draws the random part: apart from other processes and hard to meet, but no secret.
        var generator = SplitMix64(seed: .random(in: .min ... .max))
    }

    private let state = Mutex(State())

    /// Gives an identifier that no other call gives; later ones of this source sort after it.
    func next() -> Identifier {
        state.withLock { state in
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
            return Identifier(
                high: UInt64(state.milliseconds) << 16 | 0x7000 | state.count,
                low: state.generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
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
    /// The present moment, by the system's clock.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
