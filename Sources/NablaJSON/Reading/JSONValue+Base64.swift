extension JSONValue {
    /// Reads a string of base64 as numbers, little-endian: standard alphabet, padded, nothing else
    /// in it.
    ///
    /// - Parameter type: The type of the numbers that the bytes are.
    /// - Returns: The numbers, all finite.
    /// - Throws: `JSONError` of kind `wrongType`; `base64`, with the offset in the string of the
    ///   first character that is wrong, or its length where the bytes end within a number; or
    ///   `outOfRange` for NaN and infinity.
    public func base64<N: JSONNumber>(_ type: N.Type) throws(JSONError) -> [N] {
        guard kind == .string else { throw wrongType(.string) }
        if let region { return try region.regions.packed(of: region.number, as: type) }
        let text = tape.string(at: index)
        let byteCount = Base64.decodedCount(of: text)
        let width = MemoryLayout<N>.size
        // Room for bytes that don't fill a number, too: the text is read before it's judged.
        var wrong: Int?
        let values = [N](unsafeUninitializedCapacity: byteCount / width + 1) { buffer, count in
            let target = UnsafeMutableRawBufferPointer(buffer)
            wrong = Base64.decode(text, into: target)
            if wrong == nil { count = byteCount / width }
        }
        if let wrong {
            throw JSONError(
                .base64(offset: wrong),
                "the string isn't padded base64 (RFC 4648, section 4): character \(wrong) is wrong",
                at: pointer)
        }
        guard byteCount.isMultiple(of: width) else {
            throw JSONError(
                .base64(offset: text.count),
                "the string holds \(byteCount) bytes, but a number takes \(width)", at: pointer)
        }
        guard values.withUnsafeBufferPointer(N.areFinite) else {
            let number = values.firstIndex { !$0.isFinite } ?? 0
            throw JSONError(
                .outOfRange, "number \(number) of the string isn't finite", at: pointer)
        }
        return values
    }
}
