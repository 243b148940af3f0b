import GRDB

/// Runs of a set in the order of their age, some at a time, without a walk along all runs.
///
/// Runs have their numbers in the order in which they were stored, which is nearly that of their age. For each
/// block of 64 numbers the table `ages` has the bounds of when its runs were created: so the blocks are gone
/// through by these bounds, and whatever lies beyond those of the blocks that are left is next.
struct RunAges {
    private var blocks: [(index: Int, bound: Int64)] = []
    private let included: RunSet?
    private let excluded: RunSet?
    private var taken: [Int64] = []
    private var nextBlock = 0
    private var wanted = 0

    /// Begins with the newest run or, unless `descending`, with the oldest.
    ///
    /// - Parameters:
    ///   - included: The runs; nil for all.
    ///   - excluded: Which of them are left out.
    ///   - moment: When the run before the first was created, if there is one.
    ///   - descending: Whether the newest come first.
    ///   - db: Where they are.
    /// - Throws: `DatabaseError`.
    init(
        of included: RunSet?, without excluded: RunSet?, after moment: Int64?, descending: Bool,
        _ db: Database
    ) throws {
        self.included = included
        self.excluded = excluded
        let sql =
            descending
            ? "SELECT block, latest FROM ages WHERE earliest <= ? ORDER BY latest DESC"
            : "SELECT block, earliest FROM ages WHERE latest >= ? ORDER BY earliest"
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: sql), arguments: [moment ?? (descending ? .max : .min)])
        while let row = try rows.next() {
            let block: (index: Int, bound: Int64) = (row[0], row[1])
            if members(of: block.index) != 0 { blocks.append(block) }
        }
    }

    /// More of the runs, with all before.
    ///
    /// - Parameter limit: How many are wanted.
    /// - Returns: Runs, and the moment beyond which no others were created; nil where there are no others.
    mutating func next(_ limit: Int) -> (runs: RunSet, bound: Int64?) {
        wanted = wanted == 0 ? 2 * limit : 4 * taken.count
        while nextBlock < blocks.count, taken.count < wanted {
            let index = blocks[nextBlock].index
            taken += RunSet.numbers(of: members(of: index), at: index)
            nextBlock += 1
        }
        return (RunSet(taken), nextBlock < blocks.count ? blocks[nextBlock].bound : nil)
    }

    private func members(of block: Int) -> UInt64 {
        let all = included.map { $0.word(block) } ?? .max
        return all & ~(excluded.map { $0.word(block) } ?? 0)
    }
}
