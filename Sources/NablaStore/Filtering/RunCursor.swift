import GRDB

/// A place in the order of runs: just after the run that it names.
///
/// It says where a page ended and not how many runs came before, so that runs which are added or
/// deleted meanwhile neither repeat nor hide another.
struct RunCursor: Equatable {
    /// What the run has of what orders it.
    enum Value: Equatable {
        case number(Double)
        case text(String)
        /// Nothing, as all that come last.
        case missing
    }

    /// The run's value of what orders the runs; nil where they are ordered by age alone.
    let value: Value?
    /// The run's place among equals: when it was asked for or, where they are ordered by what another
    /// table has, its number.
    let place: Int64
    /// The run's id.
    let id: String

    init(value: Value? = nil, place: Int64, id: String) {
        self.value = value
        self.place = place
        self.id = id
    }

    /// Reads a cursor's text, of which only `text` itself gives every character.
    init(text: String) throws(StoreError) {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let id = parts.popLast(),
            let place = parts.popLast().flatMap({ Int64($0, radix: 36) }), parts.count <= 1
        else { throw .invalidCursor }
        var value: Value?
        if let first = parts.first {
            value = try Value(text: first).unwrapped(or: .invalidCursor)
        }
        self.init(value: value, place: place, id: String(id))
        guard isRunID(self.id), self.text == text else { throw .invalidCursor }
    }

    /// The cursor as a caller carries it: letters, digits and `.-`, safe in a URL.
    var text: String {
        (value.map { $0.text + "." } ?? "") + "\(String(place, radix: 36)).\(id)"
    }
}

extension RunCursor.Value {
    /// The value that a row has in a column.
    init(_ value: DatabaseValue) {
        switch value.storage {
        case .int64(let number): self = .number(Double(number))
        case .double(let number): self = .number(number)
        case .string(let text): self = .text(text)
        case .blob, .null: self = .missing
        }
    }

    fileprivate init?(text: some StringProtocol) {
        let digits = text.dropFirst()
        switch text.first {
        case "m" where digits.isEmpty: self = .missing
        case "n":
            guard let bits = UInt64(digits, radix: 16) else { return nil }
            self = .number(Double(bitPattern: bits))
        case "t":
            let pairs = Array(digits.utf8)
            guard pairs.count % 2 == 0 else { return nil }
            var bytes: [UInt8] = []
            for index in stride(from: 0, to: pairs.count, by: 2) {
                let pair = String(decoding: pairs[index..<index + 2], as: UTF8.self)
                guard let byte = UInt8(pair, radix: 16) else { return nil }
                bytes.append(byte)
            }
            self = .text(String(decoding: bytes, as: UTF8.self))
        default: return nil
        }
    }

    fileprivate var text: String {
        switch self {
        case .missing: "m"
        case .number(let number): "n" + String(number.bitPattern, radix: 16)
        case .text(let text):
            "t" + text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    /// The value as SQL compares with it.
    var argument: (any DatabaseValueConvertible)? {
        switch self {
        case .number(let number): number
        case .text(let text): text
        case .missing: nil
        }
    }
}
