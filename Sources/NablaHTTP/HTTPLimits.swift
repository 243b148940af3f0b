/// The sizes a message may have; each is refused as soon as it is exceeded.
public struct HTTPLimits: Sendable, Equatable {
    /// Bytes of request line and fields together, line ends included; 16 KiB, beyond it 431.
    public var headBytes: Int
    /// Bytes of the request target; 8 KiB, beyond it 414.
    public var targetBytes: Int
    /// Field lines in a head or in trailers; 100, beyond it 431.
    public var fieldCount: Int
    /// Bytes of a body, decoded; 64 MiB, beyond it 413.
    public var bodyBytes: Int
    /// Bytes of a PUT's body that goes to a `BodySink` and not to memory, where the sink allows as many;
    /// 1 GiB, beyond it 413.
    public var uploadBytes: Int
    /// Bytes of one chunk-size line, extensions included; 256, beyond it 400.
    public var chunkLineBytes: Int
    /// Bytes of all chunk extensions of a body together; 16 KiB, beyond it 400.
    public var chunkExtensionBytes: Int
    /// Bytes of the trailers after the last chunk; 8 KiB, beyond it 431.
    public var trailerBytes: Int

    /// Sets the limits; each has the default its property names.
    public init(
        headBytes: Int = 16 << 10, targetBytes: Int = 8 << 10, fieldCount: Int = 100,
        bodyBytes: Int = 64 << 20, uploadBytes: Int = 1 << 30, chunkLineBytes: Int = 256,
        chunkExtensionBytes: Int = 16 << 10, trailerBytes: Int = 8 << 10
    ) {
        self.headBytes = headBytes
        self.targetBytes = targetBytes
        self.fieldCount = fieldCount
        self.bodyBytes = bodyBytes
        self.uploadBytes = uploadBytes
        self.chunkLineBytes = chunkLineBytes
        self.chunkExtensionBytes = chunkExtensionBytes
        self.trailerBytes = trailerBytes
    }
}
