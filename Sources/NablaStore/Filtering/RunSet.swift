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
        bits.indices.flatMap { index in
            (0..<8).filter { bits[index] >> $0 & 1 == 1 }.map { Int64(index * 8 + $0) }
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

    /// Gives a connection the functions `run_set(NUMBER)`, which gathers numbers into a set, and
    /// `run_set_has(SET, NUMBER)`.
    ///
    /// Straight with SQLite's interface, because GRDB's makes an array for each call, which costs more
    /// than all else that is done for a number.
    static func addFunctions(to db: Database) throws {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
        let gather = sqlite3_create_function_v2(
            db.sqliteConnection, "run_set", 1, flags, nil, nil,
            { context, _, values in
                guard
                    let place = RunSet.place(
                        in: context, size: MemoryLayout<Unmanaged<Gathered>?>.size),
                    let value = values?[0]
                else { return }
                let number = sqlite3_value_int64(value)
                guard (0...RunSet.highest).contains(number) else {
                    sqlite3_result_error(context, "a run's number is out of range", -1)
                    return
                }
                // Memory that SQLite gives is zeroed: the first time there is no set yet.
                if place.pointee == nil { place.pointee = Unmanaged.passRetained(Gathered()) }
                place.pointee?._withUnsafeGuaranteedRef { $0.set.insert(number) }
            },
            { context in
                guard let gathered = RunSet.place(in: context, size: 0)?.pointee else {
                    sqlite3_result_zeroblob(context, 0)
                    return
                }
                // The end of the life that the first number began; SQLite calls this once in any case.
                gathered.takeRetainedValue().set.bits.withUnsafeBytes { bytes in
                    sqlite3_result_blob64(
                        context, bytes.baseAddress, UInt64(bytes.count), RunSet.isCopied)
                }
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

    /// The set that one call of `run_set` gathers.
    private final class Gathered {
        var set = RunSet([])
    }

    /// Where SQLite keeps the set of the call that is under way; nil without memory for it.
    private static func place(
        in context: OpaquePointer?, size: Int
    ) -> UnsafeMutablePointer<Unmanaged<Gathered>?>? {
        sqlite3_aggregate_context(context, Int32(size))?
            .assumingMemoryBound(to: Unmanaged<Gathered>?.self)
    }

    /// `SQLITE_TRANSIENT`, a macro that Swift doesn't import: the bytes are copied.
    private static let isCopied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
