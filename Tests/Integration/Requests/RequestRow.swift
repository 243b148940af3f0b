import NablaAPI
import Testing

/// A row of the table: bytes that a client sends, what the service answers, and the rule for it.
struct RequestRow: Sendable, CustomTestStringConvertible {
    let name: String
    /// The RFC and its section: "9112 §2.2".
    let section: String
    /// What is sent; each character stands for the byte of its number, 0 to 255.
    let raw: String
    /// The answers, in order; interim ones are left out.
    let answers: [ExpectedAnswer]
    /// Whether the connection ends after the last answer; else it can be used again.
    let ends: Bool
    /// What is sent once `100 Continue` has come; empty where none comes.
    var continued = ""

    var testDescription: String { "\(name) (RFC \(section))" }

    var bytes: [UInt8] { raw.unicodeScalars.map { UInt8($0.value) } }
}

/// What the table says about an answer.
struct ExpectedAnswer: Sendable {
    let status: Int
    /// The kind of problem that the body is; nil where it is none.
    var problem: Problem.Kind?
    /// What the body has in it, or a problem's detail.
    var says = ""
    /// Fields that it must have, by their names in lower case.
    var fields: [String: String] = [:]
    /// Whether it answers HEAD, so that no body comes however long it says that one is.
    var isHead = false

    static let ok = ExpectedAnswer(status: 200)

    static func problem(_ kind: Problem.Kind, says: String = "") -> ExpectedAnswer {
        ExpectedAnswer(status: kind.status, problem: kind, says: says)
    }
}

extension RequestRow {
    static let all =
        requestLines + targets + fields + hosts + lengths + codings + chunks + persistence
        + expectations + methods + contents

    /// A request that is served, after which the connection can be used again.
    static func served(
        _ name: String, _ section: String, _ raw: String, says: String = "",
        fields: [String: String] = [:], ends: Bool = false
    ) -> RequestRow {
        RequestRow(
            name: name, section: section, raw: raw,
            answers: [ExpectedAnswer(status: 200, says: says, fields: fields)], ends: ends)
    }

    /// A request that is understood but can't be served; the connection can be used again.
    static func unserved(
        _ name: String, _ section: String, _ kind: Problem.Kind, _ raw: String,
        says: String = "", fields: [String: String] = [:]
    ) -> RequestRow {
        RequestRow(
            name: name, section: section, raw: raw,
            answers: [
                ExpectedAnswer(status: kind.status, problem: kind, says: says, fields: fields)
            ],
            ends: false)
    }

    /// Bytes after which nothing that the client sends can be trusted: the connection ends.
    static func refused(
        _ name: String, _ section: String, _ kind: Problem.Kind, _ raw: String, says: String = ""
    ) -> RequestRow {
        RequestRow(
            name: name, section: section, raw: raw, answers: [.problem(kind, says: says)],
            ends: true)
    }

    /// Several requests behind one another, and what comes of them.
    static func series(
        _ name: String, _ section: String, _ answers: [ExpectedAnswer], ends: Bool = false,
        _ raw: String
    ) -> RequestRow {
        RequestRow(name: name, section: section, raw: raw, answers: answers, ends: ends)
    }
}

// MARK: - What rows are made of

extension RequestRow {
    /// A body for `/predict` of 57 bytes, 0x39, whose answer has `prediction` in it.
    static let body = #"{"network":{"layers":[{"weights":[[2]]}]},"inputs":[[3]]}"#
    static let prediction = "[[6.0]]"

    /// A request for `/healthz`, from its line to the end of its body.
    static func get(_ fields: String..., body: String = "") -> String {
        request("GET /healthz HTTP/1.1", ["Host: a"] + fields, body)
    }

    /// A request for `/healthz` in HTTP/1.0, which needs no Host.
    static func oldGet(_ fields: String...) -> String {
        request("GET /healthz HTTP/1.0", fields, "")
    }

    /// A request for `/predict`.
    static func post(_ fields: String..., body: String = "") -> String {
        request("POST /predict HTTP/1.1", ["Host: a"] + fields, body)
    }

    /// A request for `/healthz` with a body in chunks, which are to be passed over.
    static func chunked(_ chunks: String) -> String {
        request("GET /healthz HTTP/1.1", ["Host: a", "Transfer-Encoding: chunked"], chunks)
    }

    /// A request with this line, and a Host.
    static func line(_ line: String) -> String { request(line, ["Host: a"], "") }

    /// A request for `/healthz` with this Host line, or these lines.
    static func host(_ fields: String...) -> String {
        request("GET /healthz HTTP/1.1", fields, "")
    }

    private static func request(_ line: String, _ fields: [String], _ body: String) -> String {
        ([line] + fields).map { $0 + "\r\n" }.joined() + "\r\n" + body
    }
}
