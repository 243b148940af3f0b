import Dispatch
import Foundation
import GRDB
import NablaAPI
import NablaClient
import NablaNetworks
import NablaSockets
import Testing

@testable import NablaService
@testable import NablaStore

/// What a service does before its database is open, and when that can't be opened.
@Suite struct StartTests {
    /// A service on a Unix socket in a folder of its own, which is gone with it.
    private final class Place {
        let directory = NSTemporaryDirectory() + "nabla-start-\(UUID().uuidString)"
        var file: String { directory + "/nabla.sqlite" }

        init() throws {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: false)
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        func service() throws -> Service {
            var settings = Settings()
            settings.server.addresses = [try ListenAddress("unix:\(directory)/socket")]
            settings.dataDirectory = directory
            return try Service(settings: settings) { _ in }
        }

        var client: Client {
            Client(
                ClientConfiguration(
                    server: "unix:\(directory)/socket", totalMilliseconds: 60_000, retries: .none))
        }
    }

    private func request() throws -> GradientsRequest {
        let layer = Layer(
            .dense(
                try Dense(
                    weights: try Tensor([3.0], shape: [1, 1]), bias: nil, activation: .identity)))
        return GradientsRequest(
            network: .inline(try Network(layers: [layer])), loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: try Tensor([1.0], shape: [1, 1]), targets: Tensor([1.0])))
    }

    /// (3 · 1 − 1)² for the only sample.
    private func expected() throws -> Tensor { try Tensor([4.0], shape: []) }

    @Test func gradientsAreAnsweredBeforeTheDatabaseIsOpenAndTheRestAfterwards() throws {
        let place = try Place()
        let other = try DatabasePool(path: place.file)
        try Schema.migrator.migrate(other, upTo: Schema.changes[0].name)
        let (started, listed) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let client = place.client
        let service = try other.writeWithoutTransaction { db in
            // A file of an earlier version can be looked at meanwhile, but not be brought up to date.
            try db.execute(sql: "BEGIN IMMEDIATE")
            defer { try? db.execute(sql: "ROLLBACK") }
            let service = try place.service()
            DispatchQueue(label: "test").async {
                #expect(throws: Never.self) { try service.start() }
                started.signal()
            }
            #expect(try client.gradients(request()).loss == expected())
            #expect(try client.health().status == "ok")
            DispatchQueue(label: "test").async {
                #expect(throws: Never.self) { try client.runs().runs.isEmpty }
                listed.signal()
            }
            #expect(listed.wait(timeout: .now() + 0.2) == .timedOut)
            #expect(started.wait(timeout: .now()) == .timedOut)
            return service
        }
        try wait(for: started, "the start")
        try wait(for: listed, "the list of runs")
        #expect(try client.readiness().status == "ok")
        service.stop()
    }

    @Test func whoConnectsBeforeTheStartIsAnsweredAfterIt() throws {
        let place = try Place()
        let service = try place.service()
        let answered = DispatchSemaphore(value: 0)
        let (client, request) = (place.client, try request())
        DispatchQueue(label: "test").async {
            #expect(throws: Never.self) { try client.gradients(request) }
            answered.signal()
        }
        #expect(answered.wait(timeout: .now() + 0.2) == .timedOut)
        #expect(try service.start() == ["unix:\(place.directory)/socket"])
        try wait(for: answered, "the answer")
        service.stop()
    }

    @Test func aDatabaseThatCantBeOpenedEndsTheStartAndNothingListens() throws {
        let place = try Place()
        // It looks like one of ours that is to be given its tables, but has one of them already.
        try DatabaseQueue(path: place.file).write { db in
            try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            try db.execute(sql: "CREATE TABLE runs (number)")
        }
        // Either may be the first to hear of it.
        let error = #expect(throws: StartError.self) { try place.service().start() }
        #expect(error?.description.contains("nabla.sqlite") == true, "\(String(describing: error))")
        #expect(!FileManager.default.fileExists(atPath: place.directory + "/socket"))
        #expect(throws: ClientError.self) { try place.client.health() }
        // The folder is free again.
        #expect(throws: Never.self) { try FolderLock(of: place.directory) }
    }

    @Test func tokensThatAreStoredAreAskedForFromTheFirstCallOn() throws {
        let place = try Place()
        let text = try {
            let tokens = try Tokens(dataDirectory: place.directory)
            defer { try? tokens.close() }
            return try tokens.create(name: "ci", scopes: [.read])
        }()
        let service = try place.service()
        let refused = DispatchSemaphore(value: 0)
        let (client, request) = (place.client, try request())
        DispatchQueue(label: "test").async {
            let error = #expect(throws: ClientError.self) { try client.gradients(request) }
            guard case .problem(let problem) = error, problem.kind == .unauthorized else {
                Issue.record("\(String(describing: error))")
                return
            }
            refused.signal()
        }
        _ = try service.start()
        try wait(for: refused, "the refusal")
        let holder = Client(
            ClientConfiguration(server: "unix:\(place.directory)/socket", token: text))
        #expect(try holder.gradients(request).loss == expected())
        service.stop()
    }
}
