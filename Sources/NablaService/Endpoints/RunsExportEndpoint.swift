import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets
import NablaStore
import Synchronization

/// `GET /runs/export`: the whole history as JSON Lines, newest first.
///
/// A page at a time is read and sent, and the next only when the caller has taken it: so a history of
/// any length needs little memory, and no thread waits for a slow reader.
struct RunsExportEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let store: Store
    let runs: RunReader
    let pool: WorkerPool
    let filters: RunFilter.Limits
    /// The most bytes that are handed to a stream at once.
    let pieceBytes: Int

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let parameters = try Parameters(
            call.head.target.query, known: ["status", "name", "filter", "order_by", "include"],
            prefix: "tag.")
        let include = try parameters.name("include", ExportInclusion.self)
        var query = try RunQuery(parameters, filters)
        query.limit = 100
        let page = try Problem.storing { [query] () throws(StoreError) in
            try store.runs(matching: query)
        }
        return .later { [query] reply in
            guard let stream = reply.stream(mediaType: "application/x-ndjson") else { return }
            RunsExport(
                stream: stream, store: store, runs: runs, pool: pool, pieceBytes: pieceBytes,
                withMetrics: include == .metrics, query: query, page: page
            ).sendNext()
        }
    }
}

/// What an export's lines may carry beside the runs.
private enum ExportInclusion: String, CaseIterable {
    case metrics
}

/// An export on its way.
private final class RunsExport: Sendable {
    private struct State {
        var query: RunQuery
        var page: RunPage?
        /// Lines that aren't sent yet, from `sent` on.
        var lines: [UInt8] = []
        var sent = 0
    }

    private let stream: ResponseStream
    private let store: Store
    private let runs: RunReader
    private let pool: WorkerPool
    private let pieceBytes: Int
    private let withMetrics: Bool
    private let state: Mutex<State>

    init(
        stream: ResponseStream, store: Store, runs: RunReader, pool: WorkerPool, pieceBytes: Int,
        withMetrics: Bool, query: RunQuery, page: RunPage
    ) {
        self.stream = stream
        self.store = store
        self.runs = runs
        self.pool = pool
        self.pieceBytes = pieceBytes
        self.withMetrics = withMetrics
        state = Mutex(State(query: query, page: page))
    }

    /// Sends a piece, and has the next one sent once that is taken.
    func sendNext() {
        let piece: [UInt8]?
        do {
            piece = try state.withLock { state in try next(&state) }
        } catch {
            // The status has gone long ago: all that is left to tell is that the answer isn't whole.
            return stream.cut()
        }
        guard let piece else { return stream.finish() }
        guard stream.write(piece) else { return }
        stream.whenRoom { [self] in
            if !pool.submit({ _ in self.sendNext() }) { stream.cut() }
        }
    }

    /// The next piece, or nil after the last.
    private func next(_ state: inout State) throws -> [UInt8]? {
        while state.sent == state.lines.count {
            guard let page = state.page else { return nil }
            state.sent = 0
            state.lines = []
            for record in page.runs { try append(record, to: &state.lines) }
            state.query.cursor = page.nextCursor
            state.page =
                page.nextCursor == nil ? nil : try store.runs(matching: state.query)
        }
        let end = min(state.sent + pieceBytes, state.lines.count)
        defer { state.sent = end }
        return Array(state.lines[state.sent..<end])
    }

    private func append(_ record: RunRecord, to lines: inout [UInt8]) throws {
        let run = try Run(record).json()
        guard withMetrics else {
            lines += run + [0x0A]
            return
        }
        do throws(Problem) {
            let history = try runs.history(of: record.id, key: nil, from: nil).json()
            // Both are objects: the history's one field becomes the run's last.
            lines += run.dropLast() + [0x2C] + history.dropFirst() + [0x0A]
        } catch  where error.kind == .notFound {
            // Deleted since the page was read.
        }
    }
}
