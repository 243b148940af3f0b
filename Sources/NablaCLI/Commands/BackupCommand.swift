import ArgumentParser
import NablaService

/// `nabla backup FILE`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database of the data folder as it is at one moment.",
        discussion: """
            A server may run on the folder meanwhile: it waits for nothing, and what it has acknowledged is \
            in the copy. To restore it, put the copy as nabla.sqlite into an empty data folder.
            """)

    @Argument(help: "The copy, which must not be there yet.")
    var file: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        try Backup.make(of: try await folder.settings().service.dataDirectory, to: file)
    }
}
