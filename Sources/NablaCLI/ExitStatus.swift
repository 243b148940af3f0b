import ArgumentParser
import NablaAPI
import NablaClient
import NablaService

/// How the program ends: what its exit status tells whoever called it.
///
/// - Source: the numbers from 64 on are those of sysexits.h, which swift-argument-parser uses for
///   wrong usage, too.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failure = 1
    case usage = 64
    case data = 65
    case noInput = 66
    case unavailable = 69
    case software = 70
    case noOutput = 73
    case busy = 75
    case noPermission = 77
    case configuration = 78

    /// When the program ends so, in a few words.
    var meaning: String {
        switch self {
        case .done: "done, and all is well"
        case .failure:
            "gradients don't pass, a run didn't succeed, the service isn't alive, or all else fails"
        case .usage: "the command line is wrong"
        case .data: "a file or what it asks for is wrong, or there is no such thing"
        case .noInput: "a file can't be read"
        case .unavailable: "no service answers, or not in time"
        case .software: "the service failed, or answered as none should"
        case .noOutput: "a file or standard output can't be written"
        case .busy: "the service has too much to do: try again later"
        case .noPermission: "the token is missing, wrong, or doesn't allow it"
        case .configuration: "a setting, a server's address or a certificate is wrong"
        }
    }

    /// What a command throws that ends so and has told why.
    var code: ExitCode { ExitCode(rawValue) }

    /// All of them, a line each.
    static var list: String {
        allCases.map { status in
            let number = String(status.rawValue)
            return String(repeating: " ", count: 4 - number.count) + "\(number)  \(status.meaning)"
        }
        .joined(separator: "\n")
    }
}

extension ExitStatus {
    /// How the program ends after an error; nil for one that swift-argument-parser tells by itself.
    init?(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error.status
        case let error as ClientError: self = ExitStatus(error)
        case let problem as Problem: self = ExitStatus(problem)
        case let error as StartError: self = ExitStatus(error.reason)
        default: return nil
        }
    }

    private init(_ reason: StartError.Reason) {
        switch reason {
        case .cannotStart: self = .failure
        case .refused: self = .data
        case .noInput: self = .noInput
        case .noOutput: self = .noOutput
        }
    }

    private init(_ error: ClientError) {
        switch error {
        case .problem(let problem): self = ExitStatus(problem)
        case .connection, .timedOut: self = .unavailable
        case .configuration: self = .configuration
        case .cancelled: self = .failure
        case .unexpected: self = .software
        }
    }

    private init(_ problem: Problem) {
        switch problem.kind.status {
        case 401, 403: self = .noPermission
        case 408, 429, 503: self = .busy
        case 500...: self = .software
        default: self = .data
        }
    }
}

/// Why a command can't do what it was asked to, in one line for people.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    /// How the program ends.
    let status: ExitStatus

    init(_ description: String, _ status: ExitStatus = .failure) {
        self.description = description
        self.status = status
    }

    /// The same line, with another end.
    func ending(as status: ExitStatus) -> CommandError { CommandError(description, status) }
}
