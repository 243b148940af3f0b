public import NablaAPI
public import NablaNetworks

// Each call stands twice: the first blocks the thread it is made on, the second suspends the task.

extension Client {
    /// Stores samples under a name, from which requests can take them: `{"dataset": name}`.
    @discardableResult
    public func put(dataset samples: Samples, named name: String) throws(ClientError) -> Dataset {
        try perform(.put(samples, named: name))
    }

    /// Stores samples under a name, from which requests can take them: `{"dataset": name}`.
    @discardableResult
    public func put(dataset samples: Samples, named name: String) async throws(ClientError)
        -> Dataset
    {
        try await perform(.put(samples, named: name))
    }

    /// Stores samples out of CSV with a header row.
    ///
    /// - Parameters:
    ///   - csv: The text.
    ///   - targets: The columns that are targets; all others but the weight's are inputs.
    ///   - weight: The column of the samples' weights, if there is one.
    ///   - name: What requests name the dataset by.
    /// - Returns: The dataset.
    /// - Throws: `ClientError`.
    @discardableResult
    public func put(
        csv: [UInt8], targets: [String], weight: String? = nil, named name: String
    ) throws(ClientError) -> Dataset {
        try perform(.put(csv: csv, targets: targets, weight: weight, named: name))
    }

    /// Stores samples out of CSV with a header row.
    ///
    /// - Parameters:
    ///   - csv: The text.
    ///   - targets: The columns that are targets; all others but the weight's are inputs.
    ///   - weight: The column of the samples' weights, if there is one.
    ///   - name: What requests name the dataset by.
    /// - Returns: The dataset.
    /// - Throws: `ClientError`.
    @discardableResult
    public func put(
        csv: [UInt8], targets: [String], weight: String? = nil, named name: String
    ) async throws(ClientError) -> Dataset {
        try await perform(.put(csv: csv, targets: targets, weight: weight, named: name))
    }

    /// A stored dataset by name or id, with its samples in float64 where they are wanted.
    public func dataset(_ reference: String, withSamples: Bool = false) throws(ClientError)
        -> Dataset
    {
        try perform(.dataset(reference, withSamples: withSamples))
    }

    /// A stored dataset by name or id, with its samples in float64 where they are wanted.
    public func dataset(_ reference: String, withSamples: Bool = false) async throws(ClientError)
        -> Dataset
    {
        try await perform(.dataset(reference, withSamples: withSamples))
    }

    /// A page of the stored datasets, by name: at most `limit`, or as many as the service gives by itself.
    public func datasets(
        after cursor: String? = nil, limit: Int? = nil
    ) throws(ClientError) -> DatasetList {
        try perform(.datasets(after: cursor, limit: limit))
    }

    /// A page of the stored datasets, by name: at most `limit`, or as many as the service gives by itself.
    public func datasets(
        after cursor: String? = nil, limit: Int? = nil
    ) async throws(ClientError) -> DatasetList {
        try await perform(.datasets(after: cursor, limit: limit))
    }

    /// Deletes a stored dataset that no run needs.
    public func delete(dataset reference: String) throws(ClientError) {
        try perform(.delete(Path.dataset(escaped(reference))))
    }

    /// Deletes a stored dataset that no run needs.
    public func delete(dataset reference: String) async throws(ClientError) {
        try await perform(.delete(Path.dataset(escaped(reference))))
    }

    /// Stores a network under a name: one that is written out, that of a run, or that of another name.
    @discardableResult
    public func put(network source: NetworkSource, named name: String) throws(ClientError)
        -> NetworkDescription
    {
        try perform(.put(source, named: name))
    }

    /// Stores a network under a name: one that is written out, that of a run, or that of another name.
    @discardableResult
    public func put(network source: NetworkSource, named name: String) async throws(ClientError)
        -> NetworkDescription
    {
        try await perform(.put(source, named: name))
    }

    /// The network that is stored under a name, its numbers as `dtype`.
    public func network(named name: String, as dtype: DType) throws(ClientError) -> Network {
        try perform(.network(named: name, as: dtype))
    }

    /// The network that is stored under a name, its numbers as `dtype`.
    public func network(named name: String, as dtype: DType) async throws(ClientError) -> Network {
        try await perform(.network(named: name, as: dtype))
    }

    /// A page of the stored networks, by name: at most `limit`, or as many as the service gives by itself.
    public func networks(
        after cursor: String? = nil, limit: Int? = nil
    ) throws(ClientError) -> StoredNetworkList {
        try perform(.networks(after: cursor, limit: limit))
    }

    /// A page of the stored networks, by name: at most `limit`, or as many as the service gives by itself.
    public func networks(
        after cursor: String? = nil, limit: Int? = nil
    ) async throws(ClientError) -> StoredNetworkList {
        try await perform(.networks(after: cursor, limit: limit))
    }

    /// Deletes a stored network.
    public func delete(network name: String) throws(ClientError) {
        try perform(.delete(Path.network(escaped(name))))
    }

    /// Deletes a stored network.
    public func delete(network name: String) async throws(ClientError) {
        try await perform(.delete(Path.network(escaped(name))))
    }
}
