import Foundation
import NablaSockets
import NablaStore

/// Why the service can't start, or a command can't work on its data folder, and what to do about it, in
/// one line.
public struct StartError: Error, Sendable, CustomStringConvertible {
    /// What is to blame.
    public enum Reason: Sendable {
        /// The machine, the settings or the database.
        case cannotStart
        /// What was asked for: it is wrong, or contradicts what is stored.
        case refused
        /// What is to be read: it isn't there, or can't be read.
        case noInput
        /// What is to be written: it is there already, or can't be.
        case noOutput
    }

    /// The line.
    public let description: String
    /// What is to blame.
    public let reason: Reason

    init(_ description: String, _ reason: Reason = .cannotStart) {
        self.description = description
        self.reason = reason
    }

    /// Refuses to listen where strangers could call while there is no token that they need.
    static func checkExposure(_ settings: Settings) throws(StartError) {
        guard !settings.isInsecure else { return }
        guard let address = settings.server.addresses.first(where: { !$0.isLoopback }),
            try !Tokens.exist(in: settings.dataDirectory)
        else { return }
        throw StartError(
            "\(address) can be reached from other machines, and without a token anybody there could "
                + "call: make one with `nabla token create`, listen on 127.0.0.1, or insist with "
                + "--insecure")
    }

    /// Makes the data folder where it is missing.
    static func makeFolder(_ directory: String) throws(StartError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw StartError(
                "the data folder \(directory) can't be made: \(String(cString: strerror(errno)))")
        }
    }

    /// Opens the database in `directory`, which is made where it is missing, and may grow to
    /// `maximumBytes`, or without a bound where that is 0.
    static func openStore(
        in directory: String, maximumBytes: Int = 0,
        onCommit: @escaping @Sendable (Duration) -> Void = { _ in }
    ) throws(StartError) -> Store {
        try makeFolder(directory)
        return try storing { () throws(StoreError) in
            try Store(
                path: database(in: directory), maximumBytes: maximumBytes, onCommit: onCommit)
        }
    }

    /// Begins to open the database in `directory`, which is there, as `openStore` does; its calls wait until it is
    /// open.
    static func beginOpeningStore(
        in directory: String, maximumBytes: Int, onCommit: @escaping @Sendable (Duration) -> Void
    ) -> Store {
        Store.beginOpening(
            path: database(in: directory), maximumBytes: maximumBytes, onCommit: onCommit)
    }

    /// The database's file.
    static func database(in directory: String) -> String { directory + "/nabla.sqlite" }

    /// Runs `body` and gives what a server throws as an error of the start.
    static func listening<Value>(
        _ body: () throws(ServerError) -> Value
    ) throws(StartError) -> Value {
        do {
            return try body()
        } catch {
            throw StartError(error.description)
        }
    }

    /// Runs `body` and gives what the store throws as an error of the start.
    static func storing<Value>(
        _ body: () throws(StoreError) -> Value
    ) throws(StartError) -> Value {
        do {
            return try body()
        } catch {
            throw StartError(error.detail, Reason(error))
        }
    }
}

extension StartError.Reason {
    fileprivate init(_ error: StoreError) {
        switch error {
        case .conflict, .invalidValue, .notFound: self = .refused
        default: self = .cannotStart
        }
    }
}

/// What there is to know of the machine.
enum Machine {
    /// How many processors this process may use.
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
}
