import CSimdJSON
import Synchronization

/// The large arrays of numbers in a text, and the large strings that may be packed ones, which are read
/// straight from its bytes, in parts.
///
/// The rest of the text is parsed with a small array or string in the place of each. Whatever is wrong with a
/// region is told by reading the text again as a whole: see `JSONDocument.read`.
final class NumberRegions: Sendable {
    /// Shorter ones stay in the text.
    private static let leastRegion = 8 << 10
    /// About as many bytes as are read in the time that a thread needs to wake up.
    private static let partSize = 96 << 10
    /// As many characters of a packed string, which are decoded faster; whole numbers of all types.
    private static let packedPartSize = 128 << 10
    /// Whether a region was read is a bit of a word.
    private static let mostRegions = 64

    private let text: [UInt8]
    private let regions: [nabla_json_region]
    private let parts: [nabla_json_part]
    private let runner: PartRunner
    /// Where on the tape the values begin that stand for the regions.
    private let indices: [Int]
    /// Those that nobody has read, a bit each.
    private let unread: Atomic<UInt64>

    /// Finds the regions of a text, and has the rest parsed; nil where there are no regions, or where
    /// the rest is no text.
    ///
    /// - Parameters:
    ///   - text: All of it.
    ///   - runner: Runs the parts that a region is read in.
    ///   - parse: Gives the tape of the text without its regions, or nil where it is none.
    init?(of text: [UInt8], sharing runner: PartRunner, parsing parse: ([UInt8]) -> Tape?) {
        let (regions, parts) = Self.find(in: text)
        guard !regions.isEmpty, let tape = parse(Self.rest(of: text, without: regions)),
            let indices = tape.places(of: regions)
        else { return nil }
        self.text = text
        self.regions = regions
        self.parts = parts
        self.runner = runner
        self.indices = indices
        unread = Atomic(.max >> UInt64(Self.mostRegions - regions.count))
    }

    /// Whether each region was read, and so is what it seemed to be.
    var areAllRead: Bool { unread.load(ordering: .relaxed) == 0 }

    /// The number of the region that the value stands for that begins there on the tape.
    func number(at index: Int) -> Int? { indices.firstIndex(of: index) }

    /// How many axes a region has.
    func axes(of number: Int) -> Int { regions[number].axes }

    /// How long a region is along an axis.
    func length(of number: Int, along axis: Int) -> Int {
        withUnsafeBytes(of: regions[number].shape) { $0.assumingMemoryBound(to: Int.self)[axis] }
    }

    /// Reads the numbers of a region with `read`, which gives false where a part is none.
    func numbers<N: JSONNumber>(
        of number: Int,
        reading read:
            @Sendable (
                UnsafePointer<UInt8>, Int, UnsafePointer<nabla_json_region>, nabla_json_part, Int,
                Int,
                UnsafeMutablePointer<N>
            ) -> Bool
    ) throws(JSONError) -> [N] {
        let region = regions[number]
        guard region.axes > 0 else { throw Self.isNone }
        let failures = Atomic(0)
        let values = [N](unsafeUninitializedCapacity: region.count) { buffer, filled in
            // Safe: each part fills numbers of its own, and all have returned before this does.
            nonisolated(unsafe) let values = UnsafeMutableBufferPointer(
                rebasing: buffer[..<region.count])
            runner.run(region.part_count) { index in
                let (part, end, last) = bounds(of: index, in: region)
                let isRead = text.withUnsafeBufferPointer { text in
                    let target = UnsafeMutableBufferPointer(rebasing: values[part.first..<last])
                    guard let text = text.baseAddress, let target = target.baseAddress else {
                        return false
                    }
                    return withUnsafePointer(to: region) {
                        read(text, self.text.count, $0, part, end, last, target)
                    }
                }
                if !isRead { failures.add(1, ordering: .relaxed) }
            }
            if failures.load(ordering: .relaxed) == 0 { filled = region.count }
        }
        guard failures.load(ordering: .relaxed) == 0 else { throw Self.isNone }
        unread.bitwiseAnd(~(1 << UInt64(number)), ordering: .relaxed)
        return values
    }

    /// Reads the numbers of a region that is a string of base64, as `JSONValue.base64` does.
    func packed<N: JSONNumber>(of number: Int, as type: N.Type) throws(JSONError) -> [N] {
        let region = regions[number]
        let characters = region.start + 1..<region.end - 1
        let (width, size) = (MemoryLayout<N>.size, Self.packedPartSize)
        let byteCount = text.withUnsafeBufferPointer {
            Base64.decodedCount(of: UnsafeBufferPointer(rebasing: $0[characters]))
        }
        guard region.axes == 0, byteCount.isMultiple(of: width) else { throw Self.isNone }
        let failures = Atomic(0)
        let values = [N](unsafeUninitializedCapacity: byteCount / width) { buffer, filled in
            // Safe: each part fills numbers of its own, and all have returned before this does.
            nonisolated(unsafe) let target = UnsafeMutableRawBufferPointer(buffer)
            runner.run((characters.count + size - 1) / size) { index in
                let first = characters.lowerBound + index * size
                let last = min(first + size, characters.upperBound)
                let isRead = text.withUnsafeBufferPointer { text in
                    let part = UnsafeBufferPointer(rebasing: text[first..<last])
                    let count = Base64.decodedCount(of: part)
                    // Padding ends the last part alone.
                    guard count == size / 4 * 3 || last == characters.upperBound else {
                        return false
                    }
                    let start = index * size / 4 * 3
                    let bytes = UnsafeMutableRawBufferPointer(
                        rebasing: target[start..<start + count])
                    guard Base64.decode(part, into: bytes) == nil else { return false }
                    return N.areFinite(UnsafeBufferPointer(bytes.assumingMemoryBound(to: N.self)))
                }
                if !isRead { failures.add(1, ordering: .relaxed) }
            }
            if failures.load(ordering: .relaxed) == 0 { filled = byteCount / width }
        }
        guard failures.load(ordering: .relaxed) == 0 else { throw Self.isNone }
        unread.bitwiseAnd(~(1 << UInt64(number)), ordering: .relaxed)
        return values
    }

    /// Tells `JSONDocument.read`, and nobody else, to read the text as a whole.
    static var isNone: JSONError { JSONError(.ragged, "the value isn't read as numbers alone") }

    /// A part, and the byte and the number behind it.
    private func bounds(
        of index: Int, in region: nabla_json_region
    ) -> (part: nabla_json_part, end: Int, last: Int) {
        let part = parts[region.first_part + index]
        guard index + 1 < region.part_count else { return (part, region.end, region.count) }
        let next = parts[region.first_part + index + 1]
        return (part, next.start, next.first)
    }

    private static func find(
        in text: [UInt8]
    ) -> (regions: [nabla_json_region], parts: [nabla_json_part]) {
        let room = text.count / partSize + mostRegions + 1
        var regions: [nabla_json_region] = []
        let parts = [nabla_json_part](unsafeUninitializedCapacity: room) { parts, partCount in
            regions = [nabla_json_region](unsafeUninitializedCapacity: mostRegions) {
                regions, count in
                text.withUnsafeBufferPointer { text in
                    guard let start = text.baseAddress, let regions = regions.baseAddress,
                        let parts = parts.baseAddress
                    else { return }
                    count = nabla_json_find_regions(
                        start, text.count, leastRegion, partSize, regions, mostRegions, parts, room)
                }
            }
            partCount = regions.reduce(0) { $0 + $1.part_count }
        }
        return (regions, parts)
    }

    /// The text with an array as deep in the place of each region, or with an empty string.
    private static func rest(of text: [UInt8], without regions: [nabla_json_region]) -> [UInt8] {
        var rest: [UInt8] = []
        let length = regions.reduce(text.count) {
            $0 - ($1.end - $1.start) + 2 * Int(NABLA_JSON_AXES) + 1
        }
        rest.reserveCapacity(length + Int(NABLA_JSON_PADDING))
        var copied = 0
        for region in regions {
            rest += text[copied..<region.start]
            if region.axes == 0 {
                rest += "\"\"".utf8
            } else {
                rest += repeatElement(UInt8(ascii: "["), count: region.axes)
                rest.append(UInt8(ascii: "0"))
                rest += repeatElement(UInt8(ascii: "]"), count: region.axes)
            }
            copied = region.end
        }
        rest += text[copied...]
        return rest
    }
}

extension Tape {
    /// Where the arrays and strings begin that have so many before them as the regions, in that order; nil
    /// where there are fewer.
    fileprivate func places(of regions: [nabla_json_region]) -> [Int]? {
        var indices: [Int] = []
        let end = Int(words[0] & 0xFFFF_FFFF)
        var (index, arrays, strings) = (1, 0, 0)
        while index < end, indices.count < regions.count {
            let next = regions[indices.count]
            switch type(at: index) {
            case .signed, .unsigned, .double: index += 1
            case .array:
                if next.axes > 0, next.before == arrays { indices.append(index) }
                arrays += 1
            case .string:
                if next.axes == 0, next.before == strings { indices.append(index) }
                strings += 1
            default: break
            }
            index += 1
        }
        return indices.count == regions.count ? indices : nil
    }
}
