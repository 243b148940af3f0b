import NablaAPI
import NablaStore
import Synchronization

/// The events of all runs, in the order in which they are stored.
final class EventFeed: Sendable {
    /// What a follower is told.
    enum News: Sendable {
        /// This happened; with its place where it is stored.
        case event(SharedEvent, EventPosition?)
        /// Something happened that could not be looked up: the journal has it.
        case unknown
    }

    /// Gets all news; returns false to get no more.
    typealias Follower = @Sendable (News) -> Bool

    private let store: Store
    private let followers = Mutex<[Follower]>([])

    init(store: Store) {
        self.store = store
    }

    /// Whether anybody follows.
    var isFollowed: Bool { followers.withLock { !$0.isEmpty } }

    /// Adds a follower, who is told what is stored from now on.
    func follow(_ follower: @escaping Follower) {
        followers.withLock { $0.append(follower) }
    }

    /// The last entries of a run, where anybody wants to know them.
    func journal(of run: String, count: Int) -> [JournalEntry] {
        guard isFollowed, count > 0 else { return [] }
        do {
            return try store.journalEnd(of: run, count: count)
        } catch {
            // They are stored: followers find them once the database can be read again.
            tell(.unknown)
            return []
        }
    }

    /// Tells all followers.
    func publish(_ event: RunEvent, of run: String, _ entry: JournalEntry?) {
        guard isFollowed else { return }
        var position: EventPosition?
        if let entry {
            position = EventPosition(number: entry.number, epoch: event.id ?? .max)
        } else if event.isStored {
            // Who began to follow a moment ago finds it in the journal.
            tell(.unknown)
            return
        }
        tell(.event(SharedEvent(run: run, event: event, id: position?.text), position))
    }

    private func tell(_ news: News) {
        let followers = self.followers.withLock { $0 }
        let stays = followers.map { $0(news) }
        guard stays.contains(false) else { return }
        self.followers.withLock { all in
            // Followers who came in the meantime stand behind those that were told.
            all = zip(all, stays).filter(\.1).map(\.0) + all.dropFirst(stays.count)
        }
    }
}

/// How far a stream has come: the place in the journal, and the epoch of its entry.
///
/// The end of a run is the highest epoch. A stream of one run counts epochs alone.
struct EventPosition: Sendable, Comparable {
    var number: Int
    var epoch: Int

    static func < (left: EventPosition, right: EventPosition) -> Bool {
        (left.number, left.epoch) < (right.number, right.epoch)
    }

    /// As an event's id on a stream of many runs: `NUMBER.EPOCH`, or `NUMBER` for the end of a run.
    var text: String { epoch == .max ? "\(number)" : "\(number).\(epoch)" }

    init(number: Int, epoch: Int) {
        self.number = number
        self.epoch = epoch
    }

    /// Reads an event's id; nil for what is none.
    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let number = Int(parts[0]), number >= 0 else { return nil }
        self.init(number: number, epoch: .max)
        guard parts.count == 2 else { return }
        guard let epoch = Int(parts[1]), epoch >= 0 else { return nil }
        self.epoch = epoch
    }
}

extension RunEvent {
    /// Whether the journal has it.
    fileprivate var isStored: Bool {
        switch content {
        case .metrics, .end: true
        case .progress, .checkpoint: false
        }
    }
}
