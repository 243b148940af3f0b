import Foundation
import GRDB
import GRDBSQLite

/// A set of runs by their numbers: bit n % 8 of byte n / 8 for number n.
///
/// An index names the runs that a condition matches in no order that helps to find those which others
/// match, too. A bit for each is made and asked in nanoseconds, where SQLite's own sets are trees.
struct RunSet: Equatable {
    private(set) var bits: [UInt8]

    /// A set of these runs.
    init(_ numbers: [Int64]) {
        bits = []
        for number in numbers { insert(number) }
    }

    /// A set as SQL gives and takes it.
    init(bits: Data?) {
        self.bits = bits.map { [UInt8]($0) } ?? []
    }

    /// The set as SQL gives and takes it.
    var data: Data { Data(bits) }

    /// How many runs it has.
    var count: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The runs' numbers, from the least.
    var numbers: [Int64] {
        (0..<(bits.count + 7) / 8).flatMap { RunSet.numbers(of: word($0), at: $0) }
    }

    /// The bits of the numbers from 64 · `index` on.
    func word(_ index: Int) -> UInt64 {
        let start = index * 8
        guard start < bits.count else { return 0 }
        return (start..<min(start + 8, bits.count)).reduce(0) {
            $0 | UInt64(bits[$1]) << UInt64(8 * ($1 - start))
        }
    }

    /// The numbers that a word's bits stand for, from the least.
    static func numbers(of word: UInt64, at index: Int) -> [Int64] {
        var left = word
        return (0..<word.nonzeroBitCount).map { _ in
            defer { left &= left - 1 }
            return Int64(index * 64 + left.trailingZeroBitCount)
        }
    }

    /// Leaves only runs that are in `other`, too.
    mutating func formIntersection(_ other: RunSet) {
        bits.removeLast(max(0, bits.count - other.bits.count))
        for index in bits.indices { bits[index] &= other.bits[index] }
    }

    /// Leaves only runs that aren't in `other`.
    mutating func subtract(_ other: RunSet) {
        for index in 0..<min(bits.count, other.bits.count) { bits[index] &= ~other.bits[index] }
    }

    /// Adds the runs that are in `other`.
    mutating func formUnion(_ other: RunSet) {
        grow(to: other.bits.count)
        for index in other.bits.indices { bits[index] |= other.bits[index] }
    }

    fileprivate mutating func insert(_ number: Int64) {
        let index = Int(number >> 3)
        grow(to: index + 1)
        bits[index] |= 1 << UInt8(truncatingIfNeeded: number & 7)
    }

    private mutating func grow(to count: Int) {
        guard bits.count < count else { return }
        bits.append(contentsOf: repeatElement(0, count: max(count, bits.count * 2) - bits.count))
    }
}

extension RunSet {
    /// The highest number that is accepted, of a set of 256 MiB: more runs than a file may have bytes for.
    private static let highest: Int64 = 1 << 31

    /// What an error says where `run_set` was given more numbers than it may.
    static let tooMany = "more runs than were asked for"

    /// Gives a connection the functions `run_set(NUMBER, MOST)`, which gathers at most so many numbers into a
    /// set, and `run_set_has(SET, NUMBER)`.
    ///
    /// Straight with SQLite's interface, because GRDB's makes an array for each call, which costs more
    /// than all else that is done for a number.
    static func addFunctions(to db: Database) throws {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
        let gather = sqlite3_create_function_v2(
            db.sqliteConnection, "run_set", 2, flags, nil, nil,
            { context, _, values in
                let size = MemoryLayout<Gathered>.size
                guard let place = RunSet.place(in: context, size: size), let number = values?[0]
                else { return }
                // The same for all numbers.
                if place.pointee.bits == nil {
                    place.pointee.most = sqlite3_value_int64(values?[1])
                }
                place.pointee.insert(sqlite3_value_int64(number), context)
            },
            { context in
                guard let place = RunSet.place(in: context, size: 0), let bits = place.pointee.bits
                else {
                    sqlite3_result_zeroblob(context, 0)
                    return
                }
                // SQLite frees what it is given, and calls this once in any case.
                sqlite3_result_blob64(context, bits, UInt64(place.pointee.capacity), sqlite3_free)
            }, nil)
        let has = sqlite3_create_function_v2(
            db.sqliteConnection, "run_set_has", 2, flags, nil,
            { context, _, values in
                guard let set = values?[0], let value = values?[1] else { return }
                let number = sqlite3_value_int64(value)
                let bytes = sqlite3_value_blob(set)
                let isThere =
                    number >= 0 && number >> 3 < Int64(sqlite3_value_bytes(set))
                    && bytes.map { bytes in
                        let byte = bytes.load(fromByteOffset: Int(number >> 3), as: UInt8.self)
                        return byte >> UInt8(truncatingIfNeeded: number & 7) & 1 == 1
                    } == true
                sqlite3_result_int(context, isThere ? 1 : 0)
            }, nil, nil, nil)
        for code in [gather, has] where code != SQLITE_OK {
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
    }

    /// The set that one call of `run_set` gathers, in memory of SQLite's, which begins as zeros.
    private struct Gathered {
        var bits: UnsafeMutablePointer<UInt8>?
        var capacity = 0
        var count: Int64 = 0
        var most: Int64 = 0

        mutating func insert(_ number: Int64, _ context: OpaquePointer?) {
            guard (0...RunSet.highest).contains(number) else {
                sqlite3_result_error(context, "a run's number is out of range", -1)
                return
            }
            let index = Int(number >> 3)
            guard index < capacity || grow(to: index + 1), let bits else {
                sqlite3_result_error_nomem(context)
                return
            }
            // Within the capacity, which was just made sure of.
            let bit = 1 << UInt8(truncatingIfNeeded: number & 7) as UInt8
            if bits[index] & bit == 0 { count += 1 }
            bits[index] |= bit
            if count > most { sqlite3_result_error(context, RunSet.tooMany, -1) }
        }

        private mutating func grow(to least: Int) -> Bool {
            let wanted = max(least, capacity * 2, 1024)
            guard let memory = sqlite3_realloc64(bits, UInt64(wanted)) else { return false }
            memset(memory + capacity, 0, wanted - capacity)
            bits = memory.assumingMemoryBound(to: UInt8.self)
            capacity = wanted
            return true
        }
    }

    /// Where SQLite keeps the set of the call that is under way; nil without memory for it.
    private static func place(
        in context: OpaquePointer?, size: Int
    ) -> UnsafeMutablePointer<Gathered>? {
        sqlite3_aggregate_context(context, Int32(size))?.assumingMemoryBound(to: Gathered.self)
    }
}
