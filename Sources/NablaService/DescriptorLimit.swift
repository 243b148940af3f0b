import Glibc

/// How many descriptors the process may have open.
enum DescriptorLimit {
    /// What is open beside connections: listeners, the database's files, epoll, what libraries open.
    private static let beside = 64

    /// How many may be open now.
    static var current: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit to what so many connections need, as far as this user may.
    ///
    /// - Parameters:
    ///   - connections: Those that are served at a time.
    ///   - refusals: Those that are only told that there are too many.
    /// - Returns: How many are needed where the limit stays below that, else nil.
    static func raise(for connections: Int, refusals: Int) -> (needed: Int, allowed: Int)? {
        let needed = connections + refusals + beside
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(needed) else { return nil }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(needed))
        _ = setrlimit(resource, &limit)
        let allowed = current
        return allowed < needed ? (needed, allowed) : nil
    }
}
