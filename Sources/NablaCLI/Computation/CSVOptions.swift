import ArgumentParser
import NablaAPI
import NablaJSON
import NablaNetworks

/// Samples that a command takes out of a CSV file, in place of those in its request.
struct CSVOptions: ParsableArguments {
    @Option(
        help:
            "Samples as CSV with a header row, for a request without samples; - for standard input.",
        completion: .file(extensions: ["csv"]))
    var data: InputFile?

    @Option(help: "The column of --data with the targets; once for each if there are several.")
    var target: [String] = []

    @Option(help: "The column of --data with the samples' weights, if there is one.")
    var weight: String?

    func validate() throws {
        guard data != nil || target.isEmpty && weight == nil else {
            throw ValidationError("--target and --weight name columns of --data, which is missing")
        }
        guard data == nil || !target.isEmpty else {
            throw ValidationError("--data needs --target, the column with the targets")
        }
    }

    /// The text of a request, with the samples of the CSV where there is one.
    ///
    /// - Throws: `CommandError` when a file can't be read or is wrong.
    func request(in file: InputFile) throws -> [UInt8] {
        let body = try file.read()
        guard let data else { return body }
        let samples = try Problem.inFile(data) {
            try Samples(csv: data.read(besides: file), targets: target, weight: weight)
        }
        return try Problem.inFile(file) {
            try RequestText(body).adding("samples", samples.json(as: .base64))
        }
    }
}

/// Rows of inputs that a command takes out of a CSV file, in place of those in its request.
struct CSVInputOptions: ParsableArguments {
    @Option(
        help:
            "Inputs as CSV with a header row, for a request without inputs; - for standard input.",
        completion: .file(extensions: ["csv"]))
    var data: InputFile?

    @Option(help: "A column of --data that is no input; once for each if there are several.")
    var target: [String] = []

    func validate() throws {
        guard data != nil || target.isEmpty else {
            throw ValidationError("--target names a column of --data, which is missing")
        }
    }

    /// The request in a file: the body of POST /predict, or a network in JSON or safetensors.
    ///
    /// - Throws: `CommandError` when a file can't be read or is wrong.
    func request(in file: InputFile) throws -> PredictRequest {
        let body = try file.read()
        let inputs = try data.map { data in
            try Problem.inFile(data) { try Tensor(csv: data.read(besides: file), without: target) }
        }
        return try Problem.inFile(file) {
            let isSafetensors = file.hasExtension("safetensors")
            guard try isSafetensors || RequestText(body).isNetwork else {
                let text = try inputs.map { try RequestText(body).adding("inputs", $0.packed) }
                return try PredictRequest(parsing: text ?? body)
            }
            guard let inputs else {
                throw CommandError(
                    "\(file.name) is a network; --data has the inputs for it", .usage)
            }
            let network =
                try isSafetensors
                ? Network(Safetensors(parsing: body)) : Network(parsing: body, as: .float64)
            return PredictRequest(network: .inline(network), inputs: inputs)
        }
    }
}

extension InputFile {
    /// The whole text, where it isn't the same standard input as that of `other`.
    fileprivate func read(besides other: InputFile) throws -> [UInt8] {
        guard !isStandardInput || !other.isStandardInput else {
            throw CommandError("request and --data can't both be standard input", .usage)
        }
        return try read()
    }
}

/// The text of a request, to which fields can be added.
struct RequestText {
    private let body: [UInt8]

    init(_ body: [UInt8]) {
        self.body = body
    }

    /// Whether it is a network by itself, and no request with one.
    ///
    /// - Throws: `Problem` when it is no JSON object.
    var isNetwork: Bool {
        get throws(Problem) {
            try reading { $0["layers"] != nil && $0["network"] == nil }
        }
    }

    /// The text with one more field at its end, so that all that stands in it keeps its place.
    ///
    /// - Throws: `Problem` when it is no JSON object, or has the field.
    func adding(_ field: StaticString, _ json: [UInt8]) throws(Problem) -> [UInt8] {
        let isEmpty = try reading { object in
            guard object[field] == nil else {
                throw Problem(
                    .inconsistent, "\(field) come from --data, but stand here, too",
                    pointer: "/\(field)")
            }
            return object.count == 0
        }
        // An object ends in a brace, with nothing but white space behind it.
        let end = body.lastIndex(of: UInt8(ascii: "}")) ?? body.endIndex
        return body[..<end] + Array("\(isEmpty ? "" : ",")\"\(field)\":".utf8) + json
            + [UInt8(ascii: "}")]
    }

    private func reading<Value>(_ look: (JSONObject) throws -> Value) throws(Problem) -> Value {
        do {
            return try look(JSONDocument(parsing: body).root.anyObject())
        } catch let error as JSONError {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.internalError, "\(error)")
        }
    }
}

extension Tensor {
    /// The tensor as JSON, packed.
    fileprivate var packed: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("dtype")
        writer.string(DType.float64.rawValue)
        writer.key("shape")
        writer.beginArray()
        for length in shape { writer.int(length) }
        writer.endArray()
        writer.key("base64")
        writer.base64(values(as: Double.self))
        writer.endObject()
        return writer.finish()
    }
}
