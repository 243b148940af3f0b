import Testing

@testable import NablaClient

/// How long a client waits before it makes a call again, and which calls it makes again.
@Suite struct RetriesTests {
    @Test func waitsGrowUpToTheirBound() throws {
        let retries = Retries(attempts: 100, baseMilliseconds: 10, longestMilliseconds: 50)
        for (failures, bound) in [(1, 10), (2, 20), (3, 40), (4, 50), (99, 50)] {
            for _ in 0..<50 {
                let wait = try #require(retries.milliseconds(afterFailures: failures))
                #expect((0...bound).contains(wait))
            }
        }
        #expect(retries.milliseconds(afterFailures: 100) == nil)
        #expect(Retries.none.milliseconds(afterFailures: 1) == nil)
    }

    @Test func theServicesOwnWaitIsKept() {
        let retries = Retries(attempts: 3, baseMilliseconds: 10, longestMilliseconds: 2000)
        #expect(retries.milliseconds(afterFailures: 1, retryAfterSeconds: 2) == 2000)
        #expect(retries.milliseconds(afterFailures: 1, retryAfterSeconds: 3) == nil)
        #expect(retries.milliseconds(afterFailures: 1, retryAfterSeconds: .max) == nil)
    }

    @Test func onlyWhatMayRunTwiceIsRepeated() {
        let broken = Result<Received, ClientError>.failure(.connection("reset"))
        for (message, isRepeated) in [
            (Message(path: "/runs"), true),
            (Message(method: "PUT", path: "/datasets/a"), true),
            (Message(method: "DELETE", path: "/runs/a"), true),
            (Message(method: "POST", path: "/gradients", isPure: true), true),
            (Message(method: "POST", path: "/train", fields: ["Idempotency-Key: a"]), true),
            (Message(method: "POST", path: "/train"), false),
            (Message(method: "PATCH", path: "/runs/a"), false),
        ] {
            var attempts = Attempts(message, ClientConfiguration())
            #expect((attempts.pause(after: broken) != nil) == isRepeated, "\(message)")
        }
    }

    @Test func whatALostAnswerDeletedIsDeleted() throws {
        let gone = Result<Received, ClientError>.success(Received(status: 404))
        var attempts = Attempts(Message(method: "DELETE", path: "/a"), ClientConfiguration())
        let missing = try attempts.settled(gone)
        #expect(missing.status == 404)
        _ = attempts.pause(after: .failure(.connection("reset")))
        let deleted = try attempts.settled(gone)
        #expect(deleted.status == 204)
    }

    @Test func noWaitOutlastsTheCall() {
        let busy = Result<Received, ClientError>.success(
            Received(status: 503, retryAfterSeconds: 1))
        for (total, waits) in [(500, false), (60_000, true), (0, true)] {
            var attempts = Attempts(
                Message(path: "/runs"), ClientConfiguration(totalMilliseconds: total))
            #expect((attempts.pause(after: busy) != nil) == waits, "\(total)")
        }
    }

    @Test func certificatesAreFoundWhereCurlFindsThem() {
        let variables = ["CURL_CA_BUNDLE": "", "SSL_CERT_FILE": "/b", "SSL_CERT_DIR": "/c"]
        let certificates = Certificates { variables[$0] }
        #expect(certificates.file == "/b" && certificates.folder == "/c")
        #expect(Certificates { _ in nil } == Certificates { _ in "" })
    }
}
