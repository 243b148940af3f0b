/// Where the value of a setting comes from.
enum SettingSource: Equatable {
    /// Nobody set it.
    case standard
    /// The file of that path.
    case file(String)
    /// The environment's variable of that name.
    case environment(String)
    /// The flag of that name.
    case option(String)

    /// What kind of place it is.
    var kind: String {
        switch self {
        case .standard: "default"
        case .file: "file"
        case .environment: "environment"
        case .option: "option"
        }
    }

    /// The place: the flag, the variable or the file.
    var name: String {
        switch self {
        case .standard: "default"
        case .file(let path): path
        case .environment(let variable): variable
        case .option(let flag): flag
        }
    }
}
