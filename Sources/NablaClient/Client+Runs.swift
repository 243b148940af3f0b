public import NablaAPI

// Each call stands twice: the first blocks the thread it is made on, the second suspends the task.

extension Client {
    /// Changes the name, tags and notes of a run.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - change: What is new; all else stays.
    /// - Returns: The run as it is then.
    /// - Throws: `ClientError`.
    public func change(run id: String, _ change: RunChange) throws(ClientError) -> Run {
        try perform(.change(id, change))
    }

    /// Changes the name, tags and notes of a run.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - change: What is new; all else stays.
    /// - Returns: The run as it is then.
    /// - Throws: `ClientError`.
    public func change(run id: String, _ change: RunChange) async throws(ClientError) -> Run {
        try await perform(.change(id, change))
    }

    /// Deletes a run that has ended, with its metrics and networks.
    public func delete(run id: String) throws(ClientError) {
        try perform(.delete(Path.run(escaped(id))))
    }

    /// Deletes a run that has ended, with its metrics and networks.
    public func delete(run id: String) async throws(ClientError) {
        try await perform(.delete(Path.run(escaped(id))))
    }

    /// Runs side by side: settings that differ, and metrics.
    public func compare(runs ids: [String]) throws(ClientError) -> RunComparison {
        try perform(.compare(ids))
    }

    /// Runs side by side: settings that differ, and metrics.
    public func compare(runs ids: [String]) async throws(ClientError) -> RunComparison {
        try await perform(.compare(ids))
    }
}
