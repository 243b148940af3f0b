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
        let path = StartError.database(in: directory)
        do throws(StoreError) {
            try Store.backUp(path: path, to: file)
        } catch {
            throw StartError(error.detail, error.blames(path) ? .noInput : .noOutput)
        }
    }
}

extension StoreError {
    /// Whether that file, which was to be read, is to blame.
    fileprivate func blames(_ path: String) -> Bool {
        switch self {
        case .cannotOpen(path, _), .newerSchema(path, _, _), .busy, .corrupt: true
        default: false
        }
    }
}
