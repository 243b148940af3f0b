import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing

@testable import NablaStore

@Suite("Copies of a store that is in use")
struct BackupTests {
    let temporary: TemporaryStore
    let copy: TemporaryFolder

    init() throws {
        temporary = try TemporaryStore()
        copy = try TemporaryFolder()
    }

    private func integrity(of store: Store) throws -> [String] {
        try store.pool.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
    }

    @Test("A copy has all that was acknowledged, and is one file for its owner alone")
    func whole() throws {
        for number in 0..<50 { try temporary.add(number, .running) }
        _ = try temporary.store.record(.example(1, of: 7, network: [9, 8]))
        try Store.backUp(path: temporary.folder.file, to: copy.file)
        #expect(try copy.names() == ["nabla.sqlite"])
        let attributes = try FileManager.default.attributesOfItem(atPath: copy.file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let store = try Store(path: copy.file)
        #expect(try store.runs(matching: RunQuery(limit: 100)).runs.count == 50)
        #expect(try store.run(id: exampleID(7)) == temporary.store.run(id: exampleID(7)))
        #expect(try store.network(runID: exampleID(7))?.parameters == [9, 8])
        #expect(try integrity(of: store) == ["ok"])
        try store.insert(.example(60))
    }

    @Test("Copies made while others write are each of one moment")
    func consistent() throws {
        try temporary.add(1, .running)
        let store = temporary.store
        let (flag, group) = (OneFlag(), DispatchGroup())
        DispatchQueue(label: "writing").async(group: group) {
            var epoch = 1
            while !flag.isRaised {
                // Loss and accuracy of an epoch, and its network, are written together.
                _ = try? store.record(
                    [
                        .example(
                            epoch, of: 1, network: Array(repeating: UInt8(epoch % 251), count: 9000)
                        )
                    ],
                    keepsEarlierNetworks: false)
                epoch += 1
            }
        }
        for number in 0..<10 {
            let file = copy.path + "/copy\(number)"
            try Store.backUp(path: temporary.folder.file, to: file)
            let copied = try Store(path: file)
            let run = try #require(try copied.run(id: exampleID(1)))
            let metrics = try copied.metrics(runID: exampleID(1))
            #expect(metrics.count == 2 * run.epoch)
            let network = try copied.network(runID: exampleID(1))
            #expect(network?.epoch ?? 0 == run.epoch)
            #expect(network?.parameters.allSatisfy { $0 == UInt8(run.epoch % 251) } != false)
            #expect(try integrity(of: copied) == ["ok"])
            try copied.close()
        }
        flag.raise()
        group.wait()
    }

    @Test("A file that is there is left as it is, and so is what is no store")
    func refused() throws {
        try Data([1]).write(to: URL(fileURLWithPath: copy.file))
        #expect(throws: StoreError.conflict(why: "There is a file \(copy.file) already")) {
            try Store.backUp(path: temporary.folder.file, to: copy.file)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy.file)) == Data([1]))
        let other = copy.path + "/other"
        let error = #expect(throws: StoreError.self) {
            try Store.backUp(path: copy.path + "/missing", to: other)
        }
        #expect(error?.detail.contains("missing") == true)
        #expect(throws: StoreError.self) { try Store.backUp(path: copy.file, to: other) }
        #expect(try copy.names() == ["nabla.sqlite"])
        let nowhere = copy.path + "/no/folder"
        #expect(throws: StoreError.cannotOpen(path: nowhere, why: "No such file or directory")) {
            try Store.backUp(path: temporary.folder.file, to: nowhere)
        }
    }
}

/// A flag that is raised once, seen by other threads.
private final class OneFlag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() { value.store(true, ordering: .releasing) }
}
