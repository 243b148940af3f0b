package import NablaCore
package import NablaJSON

extension PartRunner {
    /// Runs parts of a text as shards of a batch are run: workers that are free take some, and whoever
    /// reads or writes the text takes those that are left.
    package init(_ shards: ShardRunner) {
        self.init(threads: shards.threads) { shards.run($0, $1) }
    }
}
