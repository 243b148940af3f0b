/// What a loop calls a connection: its slot, and how often the slot was used before.
///
/// An event or a letter that comes after its connection has gone names an old use, and is dropped.
struct Token: Sendable, Equatable {
    let slot: UInt32
    let use: UInt32

    init(slot: UInt32, use: UInt32) {
        self.slot = slot
        self.use = use
    }

    init(bits: UInt64) {
        slot = UInt32(truncatingIfNeeded: bits)
        use = UInt32(truncatingIfNeeded: bits >> 32)
    }

    var bits: UInt64 { UInt64(use) << 32 | UInt64(slot) }

    /// The slot number of what is no connection: listeners.
    static let listenerSlot = UInt32.max
    /// The slot number of the mailbox's wake-up.
    static let wakeSlot = UInt32.max - 1
}
