/// What decides when a run's turn comes.
struct RunTurn: Sendable {
    /// Runs of a higher priority come first.
    var priority = 0
    /// Whose run it is: the name of a token; nil where callers need none.
    var owner: String?
}

/// The runs that wait, and whose turn is next.
///
/// Priority comes first. Among runs of the same priority it is the turn of the owner with the fewest runs
/// that train, then of the one whose last turn is the longest ago, so that whoever sends many runs keeps
/// nobody else waiting; and of an owner's runs, of the one that came first.
struct RunQueue {
    private struct Owner {
        var training = 0
        var lastTurn = 0
    }

    /// In the order they came.
    private var waiting: [LiveRun] = []
    /// Those who have had a turn.
    private var owners: [String?: Owner] = [:]
    private var turns = 0

    /// How many runs wait.
    var count: Int { waiting.count }

    /// How many of an owner's runs wait.
    func count(of owner: String?) -> Int { waiting.count { $0.turn.owner == owner } }

    /// How many runs have had their turn and not ended.
    var training: Int { owners.values.reduce(0) { $0 + $1.training } }

    /// Lets a run wait behind those that came before it.
    mutating func append(_ live: LiveRun) { waiting.append(live) }

    /// Takes a run out that waits; false when it doesn't.
    mutating func remove(_ live: LiveRun) -> Bool {
        guard let place = waiting.firstIndex(where: { $0 === live }) else { return false }
        waiting.remove(at: place)
        return true
    }

    /// Takes all out that wait, in the order they came.
    mutating func removeAll() -> [LiveRun] {
        defer { waiting = [] }
        return waiting
    }

    /// Takes the run out whose turn it is, which counts as one that trains from now on.
    mutating func takeNext() -> LiveRun? {
        // The first of equals, which came first.
        guard let place = waiting.indices.min(by: { comesBefore(waiting[$0], waiting[$1]) })
        else { return nil }
        let live = waiting.remove(at: place)
        turns += 1
        owners[live.turn.owner, default: Owner()].lastTurn = turns
        owners[live.turn.owner, default: Owner()].training += 1
        return live
    }

    /// Counts a run that trained as ended.
    mutating func end(_ live: LiveRun) {
        owners[live.turn.owner]?.training -= 1
    }

    private func comesBefore(_ left: LiveRun, _ right: LiveRun) -> Bool {
        guard left.turn.priority == right.turn.priority else {
            return left.turn.priority > right.turn.priority
        }
        let (one, other) = (
            owners[left.turn.owner] ?? Owner(), owners[right.turn.owner] ?? Owner()
        )
        return (one.training, one.lastTurn) < (other.training, other.lastTurn)
    }
}
