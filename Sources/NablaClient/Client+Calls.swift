public import NablaAPI
public import NablaNetworks

// Each call stands twice: the first blocks the thread it is made on, the second suspends the task.

extension Client {
    /// The loss and its gradient for every parameter.
    ///
    /// - Parameters:
    ///   - request: What is differentiated.
    ///   - language: The language an explanation is wanted in, as `Accept-Language` has it.
    /// - Returns: The answer.
    /// - Throws: `ClientError`.
    public func gradients(
        _ request: GradientsRequest, language: String? = nil
    ) throws(ClientError) -> GradientsResponse {
        try perform(.gradients(request, language: language))
    }

    /// The loss and its gradient for every parameter.
    ///
    /// - Parameters:
    ///   - request: What is differentiated.
    ///   - language: The language an explanation is wanted in, as `Accept-Language` has it.
    /// - Returns: The answer.
    /// - Throws: `ClientError`.
    public func gradients(
        _ request: GradientsRequest, language: String? = nil
    ) async throws(ClientError) -> GradientsResponse {
        try await perform(.gradients(request, language: language))
    }

    /// Many gradient requests at once.
    ///
    /// - Parameter requests: The requests, as many as the service takes in one batch.
    /// - Returns: For each its answer, or the problem it met, which points into it.
    /// - Throws: `ClientError` when the batch as a whole gave nothing.
    public func gradients(
        batch requests: [GradientsRequest]
    ) throws(ClientError) -> [Result<GradientsResponse, Problem>] {
        try perform(.gradients(batch: requests))
    }

    /// Many gradient requests at once.
    ///
    /// - Parameter requests: The requests, as many as the service takes in one batch.
    /// - Returns: For each its answer, or the problem it met, which points into it.
    /// - Throws: `ClientError` when the batch as a whole gave nothing.
    public func gradients(
        batch requests: [GradientsRequest]
    ) async throws(ClientError) -> [Result<GradientsResponse, Problem>] {
        try await perform(.gradients(batch: requests))
    }

    /// Gradients held against differences of the loss.
    public func check(_ request: CheckRequest) throws(ClientError) -> CheckResponse {
        try perform(.check(request))
    }

    /// Gradients held against differences of the loss.
    public func check(_ request: CheckRequest) async throws(ClientError) -> CheckResponse {
        try await perform(.check(request))
    }

    /// The outputs of a network.
    public func predict(_ request: PredictRequest) throws(ClientError) -> PredictResponse {
        try perform(.predict(request))
    }

    /// The outputs of a network.
    public func predict(_ request: PredictRequest) async throws(ClientError) -> PredictResponse {
        try await perform(.predict(request))
    }

    /// Begins a run.
    ///
    /// - Parameters:
    ///   - request: What is to be trained, and how.
    ///   - waitSeconds: How long the service is to wait for the run's end before it answers.
    ///   - idempotencyKey: What the request may be sent again under, without a second run coming of it:
    ///     1 to 255 printable ASCII characters.
    /// - Returns: The run as it stands when the service answers.
    /// - Throws: `ClientError`.
    public func train(
        _ request: TrainRequest, waitSeconds: Int? = nil, idempotencyKey: String? = nil
    ) throws(ClientError) -> Run {
        try perform(
            .train(request, waitSeconds: waitSeconds, idempotencyKey: idempotencyKey))
    }

    /// Begins a run.
    ///
    /// - Parameters:
    ///   - request: What is to be trained, and how.
    ///   - waitSeconds: How long the service is to wait for the run's end before it answers.
    ///   - idempotencyKey: What the request may be sent again under, without a second run coming of it:
    ///     1 to 255 printable ASCII characters.
    /// - Returns: The run as it stands when the service answers.
    /// - Throws: `ClientError`.
    public func train(
        _ request: TrainRequest, waitSeconds: Int? = nil, idempotencyKey: String? = nil
    ) async throws(ClientError) -> Run {
        try await perform(
            .train(request, waitSeconds: waitSeconds, idempotencyKey: idempotencyKey))
    }
}

extension Client {
    /// A page of the history, newest first.
    public func runs(_ query: RunsQuery = RunsQuery()) throws(ClientError) -> RunList {
        try perform(.runs(query))
    }

    /// A page of the history, newest first.
    public func runs(_ query: RunsQuery = RunsQuery()) async throws(ClientError) -> RunList {
        try await perform(.runs(query))
    }

    /// One run.
    public func run(_ id: String) throws(ClientError) -> Run {
        try perform(.run(id))
    }

    /// One run.
    public func run(_ id: String) async throws(ClientError) -> Run {
        try await perform(.run(id))
    }

    /// The history of a run's metrics.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - key: The one metric that is wanted; nil for all.
    ///   - epoch: The epoch from which on they are wanted; nil for the first.
    ///   - downsample: How many points of each are wanted at most, the smallest and the largest among
    ///     them; nil for all.
    /// - Returns: The history.
    /// - Throws: `ClientError`.
    public func metrics(
        ofRun id: String, key: String? = nil, from epoch: Int? = nil, downsample: Int? = nil
    ) throws(ClientError) -> MetricHistory {
        try perform(.metrics(id, key: key, from: epoch, downsample: downsample))
    }

    /// The history of a run's metrics.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - key: The one metric that is wanted; nil for all.
    ///   - epoch: The epoch from which on they are wanted; nil for the first.
    ///   - downsample: How many points of each are wanted at most, the smallest and the largest among
    ///     them; nil for all.
    /// - Returns: The history.
    /// - Throws: `ClientError`.
    public func metrics(
        ofRun id: String, key: String? = nil, from epoch: Int? = nil, downsample: Int? = nil
    ) async throws(ClientError) -> MetricHistory {
        try await perform(.metrics(id, key: key, from: epoch, downsample: downsample))
    }

    /// The network of a run.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epoch: The epoch after which it was stored; nil for the last that is kept.
    ///   - dtype: What its numbers are read as.
    /// - Returns: The network.
    /// - Throws: `ClientError` with the service's problem where none is stored of that epoch.
    public func network(
        ofRun id: String, epoch: Int? = nil, as dtype: DType
    ) throws(ClientError) -> Network {
        try perform(.network(id, epoch: epoch, as: dtype))
    }

    /// The network of a run.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epoch: The epoch after which it was stored; nil for the last that is kept.
    ///   - dtype: What its numbers are read as.
    /// - Returns: The network.
    /// - Throws: `ClientError` with the service's problem where none is stored of that epoch.
    public func network(
        ofRun id: String, epoch: Int? = nil, as dtype: DType
    ) async throws(ClientError) -> Network {
        try await perform(.network(id, epoch: epoch, as: dtype))
    }

    /// Asks for the end of a run.
    public func cancel(run id: String) throws(ClientError) -> Run {
        try perform(.cancel(id))
    }

    /// Asks for the end of a run.
    public func cancel(run id: String) async throws(ClientError) -> Run {
        try await perform(.cancel(id))
    }

    /// Has an ended run go on from its last checkpoint.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epochs: How many epochs to train beyond those that are done; nil for those that are left.
    /// - Returns: The run as it waits.
    /// - Throws: `ClientError` with the service's problem when it can't go on.
    public func resume(run id: String, epochs: Int? = nil) throws(ClientError) -> Run {
        try perform(.resume(id, ResumeRequest(epochs: epochs)))
    }

    /// Has an ended run go on from its last checkpoint.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - epochs: How many epochs to train beyond those that are done; nil for those that are left.
    /// - Returns: The run as it waits.
    /// - Throws: `ClientError` with the service's problem when it can't go on.
    public func resume(run id: String, epochs: Int? = nil) async throws(ClientError) -> Run {
        try await perform(.resume(id, ResumeRequest(epochs: epochs)))
    }
}

extension Client {
    /// Whether the service is alive.
    public func health() throws(ClientError) -> HealthResponse {
        try perform(.health(Path.healthz))
    }

    /// Whether the service is alive.
    public func health() async throws(ClientError) -> HealthResponse {
        try await perform(.health(Path.healthz))
    }

    /// Whether the service is ready for requests.
    public func readiness() throws(ClientError) -> HealthResponse {
        try perform(.health(Path.readyz))
    }

    /// Whether the service is ready for requests.
    public func readiness() async throws(ClientError) -> HealthResponse {
        try await perform(.health(Path.readyz))
    }

    /// Which program answers.
    public func version() throws(ClientError) -> VersionResponse {
        try perform(.version())
    }

    /// Which program answers.
    public func version() async throws(ClientError) -> VersionResponse {
        try await perform(.version())
    }
}
