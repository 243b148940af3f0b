import NablaService
import Testing

/// Gives a suite one service, whose limits short requests can reach.
struct SmallService: SuiteTrait, TestScoping {
    @TaskLocal static var current: TestServer?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        try await withServer { settings in
            settings.server.limits.headBytes = 512
            settings.server.limits.targetBytes = 200
            settings.server.limits.fieldCount = 16
            settings.server.limits.bodyBytes = 200
            settings.server.limits.chunkLineBytes = 64
            settings.server.limits.chunkExtensionBytes = 96
            settings.server.limits.trailerBytes = 128
        } _: { server in
            try await Self.$current.withValue(server) { try await body() }
        }
    }
}

extension Trait where Self == SmallService {
    /// One service with small limits for the whole suite.
    static var smallService: Self { Self() }
}

extension TestServer {
    /// Returns once the service has read all that was sent to it before.
    ///
    /// Its one loop accepts connections in the order they were made, and reads what arrived in the
    /// order it did; so whoever comes last and is answered has seen the others read.
    func letItRead() throws {
        try letItRead(seenBy: RawConnection(port: port))
    }

    /// The same by a connection that is there already.
    ///
    /// It must be younger than those it is to have seen.
    func letItRead(seenBy observer: RawConnection) throws {
        observer.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        guard try observer.nextAnswer().status == 200 else { throw TestFailure("not healthy") }
    }
}
