import Foundation
import Testing

@testable import NablaStore

@Suite("Datasets, whole and in pieces")
struct DatasetTests {
    private static let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 2) }

    private func record(_ name: String, _ number: Int, digest: UInt8, count: Int) -> DatasetRecord {
        DatasetRecord(
            id: exampleID(number), name: name, digest: [UInt8](repeating: digest, count: 32),
            description: "{}", byteCount: count, createdAt: noon)
    }

    @Test("Content that is read in pieces is stored as it would be whole")
    func pieces() throws {
        let store = try TemporaryStore()
        let content = Self.content
        let pieces = record("pieces", 1, digest: 1, count: content.count)
        let put = try store.store.put(pieces) { offset, most throws(StoreError) in
            // Fewer bytes than were asked for will do.
            Array(content[offset..<min(offset + min(most, 70_001), content.count)])
        }
        #expect(put.isNew && put.dataset == pieces)
        #expect(try store.store.datasetContent("pieces")?.content == content)
        // The same digest lies there already: nothing is read.
        let again = try store.store.put(record("again", 2, digest: 1, count: content.count)) {
            _, _ throws(StoreError) in throw .notFound(id: "")
        }
        #expect(again.isNew && again.dataset.byteCount == content.count)
        #expect(try store.store.datasetContent("again")?.content == content)
        let empty = try store.store.put(record("empty", 3, digest: 3, count: 0)) {
            _, _ throws(StoreError) in []
        }
        #expect(empty.dataset.byteCount == 0)
    }

    @Test("Nothing is left of content that can't be read to its end")
    func failures() throws {
        let store = try TemporaryStore()
        let content = Self.content
        let short = record("short", 1, digest: 1, count: content.count)
        #expect(throws: StoreError.ioFailure(why: "a dataset's bytes end early", sql: nil)) {
            try store.store.put(short) { offset, most throws(StoreError) in
                offset == 0 ? Array(content[..<most]) : []
            }
        }
        #expect(throws: StoreError.busy(sql: "x")) {
            try store.store.put(short) { _, _ throws(StoreError) in throw .busy(sql: "x") }
        }
        #expect(try store.store.datasets(after: nil, limit: 10).isEmpty)
        let long = record("long", 1, digest: 1, count: 1_000_000_001)
        let error = #expect(throws: StoreError.self) {
            try store.store.put(long) { _, _ throws(StoreError) in [] }
        }
        #expect(error?.detail == "The dataset is longer than 1000000000 bytes.")
        #expect(throws: StoreError.self) { try Store.check(size: 1_000_000_001) }
        try Store.check(size: 1_000_000_000)
    }

    @Test("A file that may not grow takes no content that is read in pieces")
    func full() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file, maximumBytes: 600_000)
        let content = Self.content
        let error = #expect(throws: StoreError.self) {
            try store.put(record("long", 1, digest: 1, count: content.count)) {
                offset, most throws(StoreError) in Array(content[offset..<offset + most])
            }
        }
        guard case .full = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.datasets(after: nil, limit: 10).isEmpty)
    }
}
