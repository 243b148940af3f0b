import Foundation
import Testing

/// What the other tests build on.
@Suite struct TestServerTests {
    @Test func aFailedTestLeavesNoFolderBehind() async {
        let folders = (Folder(), Folder())
        #expect(throws: TestFailure.self) {
            try withServer { server in
                try folders.0.remember(server.directory)
                throw TestFailure("a test failed")
            }
        }
        await #expect(throws: TestFailure.self) {
            try await withServer { server async throws in
                try folders.1.remember(server.directory)
                throw TestFailure("a test failed")
            }
        }
        #expect(folders.0.isGone)
        #expect(folders.1.isGone)
    }

    /// The folder of a server that may be no more.
    private final class Folder {
        private var path: String?

        func remember(_ path: String) throws {
            self.path = path
            #expect(FileManager.default.fileExists(atPath: path))
        }

        /// Whether it was there and is no more.
        var isGone: Bool { path.map { !FileManager.default.fileExists(atPath: $0) } ?? false }
    }
}
