import NablaAPI

// Each call stands twice: the first blocks the thread it is made on, the second suspends the task.

extension Client {
    /// The whole history as JSON Lines, newest first, each line a run.
    ///
    /// - Parameters:
    ///   - query: Which runs; its `limit` and `cursor` have no meaning here and must be nil.
    ///   - withMetrics: Whether each run carries the history of its metrics.
    /// - Returns: The lines.
    /// - Throws: `ClientError`.
    public func export(
        runs query: RunsQuery = RunsQuery(), withMetrics: Bool = false
    ) throws(ClientError) -> [UInt8] {
        try perform(.export(query, withMetrics: withMetrics))
    }

    /// The whole history as JSON Lines, newest first, each line a run.
    ///
    /// - Parameters:
    ///   - query: Which runs; its `limit` and `cursor` have no meaning here and must be nil.
    ///   - withMetrics: Whether each run carries the history of its metrics.
    /// - Returns: The lines.
    /// - Throws: `ClientError`.
    public func export(
        runs query: RunsQuery = RunsQuery(), withMetrics: Bool = false
    ) async throws(ClientError) -> [UInt8] {
        try await perform(.export(query, withMetrics: withMetrics))
    }

    /// What the service counts and measures, in Prometheus' text format.
    public func serviceMetrics() throws(ClientError) -> [UInt8] {
        try perform(.bytes(Path.metrics))
    }

    /// What the service counts and measures, in Prometheus' text format.
    public func serviceMetrics() async throws(ClientError) -> [UInt8] {
        try await perform(.bytes(Path.metrics))
    }

    /// The contract, as OpenAPI has it.
    public func openAPI() throws(ClientError) -> [UInt8] {
        try perform(.bytes(Path.openAPI))
    }

    /// The contract, as OpenAPI has it.
    public func openAPI() async throws(ClientError) -> [UInt8] {
        try await perform(.bytes(Path.openAPI))
    }
}

extension Call where Value == [UInt8] {
    static func bytes(_ path: String) -> Call {
        Call(Message(path: path)) { (body) throws(Problem) in body }
    }

    static func export(_ query: RunsQuery, withMetrics: Bool) -> Call {
        let text = query.text
        let include = withMetrics ? (text.isEmpty ? "?" : "&") + "include=metrics" : ""
        return bytes(Path.runsExport + text + include)
    }
}
