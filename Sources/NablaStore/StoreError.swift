/// Why the store could not do what it was asked.
///
/// Carries the SQL where that helps to find a defect, never the values bound to it: those are the
/// callers' own.
public enum StoreError: Error, Sendable, Equatable {
    /// The file can't be opened or made.
    case cannotOpen(path: String, why: String)
    /// The file was written by a later version of this program, and was left as it is.
    ///
    /// `found` and `known` name the last migration in the file and the last one of this program.
    case newerSchema(path: String, found: String, known: String)
    /// The disk, or what may be used of it, is full.
    case full(sql: String?)
    /// The disk or the file system failed, or permits no writing.
    case ioFailure(why: String, sql: String?)
    /// Another process kept the file locked for longer than the busy time-out.
    case busy(sql: String?)
    /// The file is damaged, or is no SQLite file.
    case corrupt(why: String, sql: String?)
    /// What was asked for contradicts what is stored.
    case conflict(why: String)
    /// There is no run of that id.
    case notFound(id: String)
    /// The cursor is none that this store gave.
    case invalidCursor
    /// A value that can't be stored or asked for.
    case invalidValue(why: String)
    /// The store has been closed.
    case closed
    /// SQLite refused for a reason that only a defect in this program explains.
    case unexpected(why: String, sql: String?)

    /// What went wrong and what to do about it, as sentences for whoever runs the service.
    public var detail: String {
        switch self {
        case .cannotOpen(let path, let why):
            "Cannot open \(path): \(why). Check that its folder exists and that this user may "
                + "write to both."
        case .newerSchema(let path, let found, let known):
            "\(path) was written by a later version (its schema is \(found), this program knows "
                + "up to \(known)). It was left untouched: run the later version, or name "
                + "another file."
        case .full:
            "The disk is full. Free some space; nothing that was acknowledged is lost."
        case .ioFailure(let why, _):
            "Reading or writing the store failed: \(why). Check the disk, its mount and the "
                + "file's permissions."
        case .busy:
            "Another process holds the store's file locked. End it, or raise the busy time-out."
        case .corrupt(let why, _):
            "The store's file is damaged: \(why). Restore a backup, or name another file."
        case .conflict(let why):
            "\(why)."
        case .notFound(let id):
            "There is no run \(id)."
        case .invalidCursor:
            "The cursor is not one that a page of runs gave. Start again without one."
        case .invalidValue(let why):
            "\(why)."
        case .closed:
            "The store is closed."
        case .unexpected(let why, let sql):
            "SQLite refused: \(why)\(sql.map { " (in: \($0))" } ?? ""). Please report this."
        }
    }
}
