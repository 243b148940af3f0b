import NablaStore

/// Copies of a data folder's database.
public enum Backup {
    /// Copies the database as it is at one moment, whether or not a service runs on the folder.
    ///
    /// - Parameters:
    ///   - directory: The data folder.
    ///   - file: The copy, which must not be there yet.
    /// - Throws: `StartError` that says what to do.
    public static func make(of directory: String, to file: String) throws(StartError) {
        try StartError.storing { () throws(StoreError) in
            try Store.backUp(path: directory + "/nabla.sqlite", to: file)
        }
    }
}
