/// Where a fuzzer wants bytes to be cut that arrive in pieces.
public struct Cuts {
    private let sizes: [Int]

    /// Takes the cuts from the last bytes of an input, at most 8 and at most half of it.
    ///
    /// They are at its end so that the rest is what it looks like. Each is a piece's size by its
    /// lower four bits, with 0 for 256: a digit of ASCII is the size it says.
    ///
    /// - Parameter input: What libFuzzer made up.
    /// - Returns: The cuts, and the bytes before them.
    public static func taken(from input: UnsafeBufferPointer<UInt8>) -> (Cuts, bytes: [UInt8]) {
        let count = min(8, input.count / 2)
        let sizes = input.suffix(count).map { $0 & 15 == 0 ? 256 : Int($0 & 15) }
        return (Cuts(sizes: sizes), bytes: Array(input.dropLast(count)))
    }

    /// The bytes in pieces whose sizes repeat.
    public func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        guard !sizes.isEmpty else { return [bytes[...]] }
        var rest = bytes[...]
        var pieces: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let size = sizes[pieces.count % sizes.count]
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }
}
