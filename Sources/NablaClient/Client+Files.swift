public import NablaAPI

// Each call stands twice: the first blocks the thread it is made on, the second suspends the task.

extension Client {
    /// The network of a run as a safetensors file, which PyTorch and others read.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epoch: The epoch after which it was stored; nil for the last that is kept.
    /// - Returns: The file's bytes.
    /// - Throws: `ClientError`.
    public func safetensors(
        ofRun id: String, epoch: Int? = nil
    ) throws(ClientError) -> [UInt8] {
        try perform(.safetensors(ofRun: id, epoch: epoch))
    }

    /// The network of a run as a safetensors file, which PyTorch and others read.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epoch: The epoch after which it was stored; nil for the last that is kept.
    /// - Returns: The file's bytes.
    /// - Throws: `ClientError`.
    public func safetensors(
        ofRun id: String, epoch: Int? = nil
    ) async throws(ClientError) -> [UInt8] {
        try await perform(.safetensors(ofRun: id, epoch: epoch))
    }

    /// A stored network as a safetensors file, which PyTorch and others read.
    public func safetensors(ofNetwork name: String) throws(ClientError) -> [UInt8] {
        try perform(.safetensors(ofNetwork: name))
    }

    /// A stored network as a safetensors file, which PyTorch and others read.
    public func safetensors(ofNetwork name: String) async throws(ClientError) -> [UInt8] {
        try await perform(.safetensors(ofNetwork: name))
    }

    /// Stores a network out of a safetensors file, one of the service's own or one of dense layers.
    ///
    /// - Parameters:
    ///   - file: The file's bytes.
    ///   - activations: What follows each dense layer, by its name in the contract, where the file doesn't
    ///     describe its layers; none for the identity everywhere.
    ///   - name: What requests name the network by.
    /// - Returns: The network, described.
    /// - Throws: `ClientError`.
    @discardableResult
    public func put(
        safetensors file: [UInt8], activations: [String] = [], named name: String
    ) throws(ClientError) -> NetworkDescription {
        try perform(.put(safetensors: file, activations: activations, named: name))
    }

    /// Stores a network out of a safetensors file, one of the service's own or one of dense layers.
    ///
    /// - Parameters:
    ///   - file: The file's bytes.
    ///   - activations: What follows each dense layer, by its name in the contract, where the file doesn't
    ///     describe its layers; none for the identity everywhere.
    ///   - name: What requests name the network by.
    /// - Returns: The network, described.
    /// - Throws: `ClientError`.
    @discardableResult
    public func put(
        safetensors file: [UInt8], activations: [String] = [], named name: String
    ) async throws(ClientError) -> NetworkDescription {
        try await perform(.put(safetensors: file, activations: activations, named: name))
    }
}

extension Call where Value == [UInt8] {
    static func safetensors(ofRun id: String, epoch: Int?) -> Call {
        let query = query(("format", "safetensors"), ("epoch", epoch.map { String($0) }))
        return bytes(Path.run(escaped(id), .network) + query)
    }

    static func safetensors(ofNetwork name: String) -> Call {
        bytes(Path.network(escaped(name)) + query(("format", "safetensors")))
    }
}
