import CProcessor
import Glibc
import NablaSockets
import Synchronization

/// What is counted of the service since its start: a reader of its events, as the log is.
///
/// Each processor has counters of its own, so that threads which count at the same time don't pass
/// cache lines to and fro; they are summed when they are read.
final class Metrics: Sendable {
    /// Paths that can be told apart; the number of those there are doesn't depend on any caller.
    private static let mostRoutes = CoreCounters.Routes.count

    private let cores: [CoreCounters]
    /// The paths, by the index of their route; the first is that of `Route.other`.
    private let templates = Mutex(["other"])

    /// Makes counters that stand at 0.
    init() {
        let count = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
        cores = (0..<count).map { _ in CoreCounters() }
    }

    /// The route of a path with its open part in braces, as in `/runs/{id}`; the same one each time.
    func route(_ template: String) -> Route {
        templates.withLock { templates in
            if let index = templates.firstIndex(of: template) {
                return Route(index: index)
            }
            guard templates.count < Metrics.mostRoutes else { return .other }
            templates.append(template)
            return Route(index: templates.count - 1)
        }
    }

    /// Counts an event.
    func note(_ event: ServiceEvent) {
        switch event {
        case .answered(let request):
            core.routes[request.route.index].note(
                status: request.status, milliseconds: request.milliseconds)
        case .committed(let milliseconds):
            core.commits.note(milliseconds: milliseconds)
        case .server(let event):
            note(event)
        // `messageRefused` says the same.
        case .refused: break
        case .started, .stopping, .stopped, .failure, .run, .runDeleted, .fewDescriptors:
            break
        }
    }

    private func note(_ event: ServerEvent) {
        let core = self.core
        switch event {
        case .connectionOpened: core.add(1, to: .connectionsOpened)
        case .connectionClosed: core.add(1, to: .connectionsClosed)
        case .connectionRefused: core.add(1, to: .connectionsRefused)
        case .received(let bytes): core.add(bytes, to: .bytesReceived)
        case .sent(let bytes): core.add(bytes, to: .bytesSent)
        case .messageRefused(let error): core.refusals.add(status: error.status.code)
        case .timedOut: core.add(1, to: .timeouts)
        case .clientLeft: core.add(1, to: .clientsLeft)
        case .streamOpened: core.add(1, to: .streamsOpened)
        case .streamClosed(let tooSlow):
            core.add(1, to: .streamsClosed)
            if tooSlow { core.add(1, to: .streamsCut) }
        case .acceptFailed: core.add(1, to: .acceptsFailed)
        }
    }

    /// The counters of the processor this runs on; the thread may be moved meanwhile, so that even
    /// these are changed atomically.
    private var core: CoreCounters { cores[max(0, Int(sched_getcpu())) % cores.count] }
}

extension Metrics {
    /// A total since the start.
    func total(_ counter: Counter) -> Int { cores.reduce(0) { $0 + $1.value(of: counter) } }

    /// How many things there are of which one counter counts the beginnings and one the ends.
    func open(_ begun: Counter, _ ended: Counter) -> Int {
        // Ends first: what begins and ends meanwhile must not make it negative.
        let ended = total(ended)
        return max(0, total(begun) - ended)
    }

    /// Messages that never became a request, by the status they were answered with.
    var refusals: [Int: Int] { cores.reduce(into: [:]) { $1.refusals.add(to: &$0) } }

    /// How long the commits of the database took.
    var commits: Histogram { cores.reduce(into: Histogram()) { $1.commits.add(to: &$0) } }

    /// The routes that were answered, in the order of their templates.
    var routes: [(template: String, statuses: [Int: Int], durations: Histogram)] {
        let templates = templates.withLock { $0 }
        return templates.enumerated().map { index, template in
            var (statuses, durations) = ([Int: Int](), Histogram())
            for core in cores {
                core.routes[index].statuses.add(to: &statuses)
                core.routes[index].durations.add(to: &durations)
            }
            return (template, statuses, durations)
        }.filter { !$0.statuses.isEmpty }.sorted { $0.template < $1.template }
    }
}

/// A path of the contract as the metrics count it, whatever its open parts are.
struct Route: Sendable, Equatable {
    /// Where its counters are.
    let index: Int

    /// All that leads nowhere.
    static let other = Route(index: 0)
}
