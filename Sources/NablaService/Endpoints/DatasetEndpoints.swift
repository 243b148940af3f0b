import Crypto
import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaNetworks
import NablaStore

/// `GET /datasets`: a page of the stored datasets, by name.
struct DatasetsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let store: Store

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let page = try NamedPage(call.head.target.query)
        let records = try Problem.storing { () throws(StoreError) in
            try store.datasets(after: page.cursor, limit: page.limit + 1)
        }
        var datasets: [Dataset] = []
        for record in records.prefix(page.limit) { datasets.append(try Dataset(record)) }
        let next = records.count > page.limit ? datasets.last?.name : nil
        return .content(.json(DatasetList(datasets: datasets, nextCursor: next).json()))
    }
}

/// `PUT /datasets/{name}`: stores samples, from JSON, CSV or safetensors.
struct PutDatasetEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let takesQuery = true
    let mediaTypes = ["application/json", "text/csv", Safetensors.mediaType]
    let store: Store
    let identifiers: IdentifierSource
    let takesUploads = true
    let limits: JSONLimits
    let uploads: UploadFolder

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        // Whoever has the answer may send the next at once, and needs the room.
        defer { call.upload?.discard() }
        try StoredName.check(call.subject)
        let mediaType = call.bodyMediaType
        let known = mediaType == "text/csv" ? ["target", "weight"] : []
        let parameters = try Parameters(call.head.target.query, known: known)
        let file =
            if let upload = call.upload {
                try upload.file()
            } else {
                try uploads.file(holding: call.body)
            }
        let (stored, isNew) =
            switch mediaType {
            case "text/csv":
                try put(samples(inCSV: file, parameters), of: call)
            case Safetensors.mediaType:
                try put(
                    SamplesFile(
                        safetensorsOf: file.count, headerBytes: uploads.bodyBytes,
                        read: file.reading), of: call)
            default:
                try put(
                    Samples(parsing: file.bytes(), as: .float64, limits: limits), of: call)
            }
        var answer = Content.json(try Dataset(stored).json(), status: isNew ? .created : .ok)
        answer.fields = [("Location", Path.dataset(stored.name))]
        return .content(answer)
    }

    private typealias Stored = (dataset: DatasetRecord, isNew: Bool)

    private func put(_ samples: Samples, of call: Call) throws(Problem) -> Stored {
        let content = samples.safetensors().bytes()
        let shapes = Dataset.shapes(
            samples.inputs.shape, samples.targets.shape, hasWeights: samples.weights != nil)
        let record = record(
            of: call, Array(SHA256.hash(data: content)), shapes, byteCount: content.count)
        return try Problem.storing { () throws(StoreError) in
            try store.put(record, content: content)
        }
    }

    private func samples(
        inCSV text: ScratchFile, _ parameters: Parameters
    ) throws(Problem) -> SamplesFile {
        let targets = (parameters["target"] ?? "").split(separator: ",").map(String.init)
        guard !targets.isEmpty else {
            throw Problem(
                .invalidParameter,
                "target must name the column of targets, or several separated by commas")
        }
        return try SamplesFile(
            csvWithTargets: targets, weight: parameters["weight"], rowBytes: uploads.bodyBytes
        ) { text.pieces() }
    }

    /// Goes from one file to another and from there to the database, so that memory never has the whole.
    private func put(_ samples: SamplesFile, of call: Call) throws(Problem) -> Stored {
        try Problem.storing { () throws(StoreError) in try Store.check(size: samples.byteCount) }
        let content = try uploads.file()
        try samples.write { bytes, offset throws(Problem) in
            try Problem.storing { () throws(StoreError) in try content.write(bytes, at: offset) }
        }
        var hash = SHA256()
        let pieces = content.pieces()
        while case let piece = try pieces(), !piece.isEmpty { hash.update(data: piece) }
        let shapes = Dataset.shapes(
            samples.inputs, samples.targets, hasWeights: samples.weights != nil)
        let record = record(
            of: call, Array(hash.finalize()), shapes, byteCount: samples.byteCount)
        return try Problem.storing { () throws(StoreError) in
            try store.put(record) { offset, most throws(StoreError) in
                try content.read(at: offset, atMost: most)
            }
        }
    }

    private func record(
        of call: Call, _ digest: [UInt8], _ shapes: [UInt8], byteCount: Int
    ) -> DatasetRecord {
        DatasetRecord(
            id: identifiers.next().text, name: call.subject, digest: digest,
            description: String(decoding: shapes, as: UTF8.self), byteCount: byteCount,
            createdAt: Timestamp.now.milliseconds)
    }
}

/// `GET /datasets/{name}`: a dataset described, or its samples.
struct DatasetEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let store: Store
    let resolver: SamplesResolver

    private enum Inclusion: String, CaseIterable {
        case samples
    }

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let parameters = try Parameters(call.head.target.query, known: ["include", "encoding"])
        let encoding = try parameters.name("encoding", Encoding.self) ?? .json
        let include = try parameters.name("include", Inclusion.self)
        let record = try Problem.storing { () throws(StoreError) in
            try store.dataset(call.subject)
        }
        guard let record else { throw Problem(.notFound, "there is no dataset \(call.subject)") }
        var dataset = try Dataset(record)
        if include == .samples {
            dataset.content = try resolver.resolved(.dataset(record.id), as: nil, at: "").samples
        }
        return .content(.json(dataset.json(as: encoding)))
    }
}

/// `DELETE /datasets/{name}`: deletes a dataset that no run needs.
struct DeleteDatasetEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let store: Store

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        do {
            try store.deleteDataset(call.subject)
        } catch .notFound {
            throw Problem(.notFound, "there is no dataset \(call.subject)")
        } catch {
            throw Problem(error)
        }
        return .content(Content(status: .noContent, body: []))
    }
}

/// What the lists of things with names may be asked.
struct NamedPage {
    /// The most things on a page: 50 unless it says otherwise, at most 1,000.
    let limit: Int
    /// The name that the page begins behind.
    let cursor: String?

    init(_ query: [(name: String, value: String)]) throws(Problem) {
        let parameters = try Parameters(query, known: ["limit", "cursor"])
        limit = try parameters.int("limit", in: 1...1000) ?? 50
        cursor = parameters["cursor"]
    }
}

extension Call {
    /// The media type of the body, see `RequestHead`.
    var bodyMediaType: String { head.bodyMediaType }
}

extension RequestHead {
    /// The media type of the body, in lower case and without parameters; JSON where it says nothing.
    var bodyMediaType: String {
        let type = fields["content-type"] ?? "application/json"
        return type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}

extension Dataset {
    /// What the database keeps to describe samples: their shapes, as JSON.
    static func shapes(_ inputs: Shape, _ targets: Shape, hasWeights: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, shape) in [("inputs" as StaticString, inputs), ("targets", targets)] {
            writer.key(key)
            writer.beginArray()
            for length in shape { writer.int(length) }
            writer.endArray()
        }
        writer.key("weights")
        writer.bool(hasWeights)
        writer.endObject()
        return writer.finish()
    }

    /// A dataset as the database has it.
    ///
    /// - Throws: `Problem` when its description can't be read.
    init(_ record: DatasetRecord) throws(Problem) {
        do {
            let object = try JSONDocument(parsing: Array(record.description.utf8)).root.anyObject()
            let inputs = try object.required("inputs").array().map { try $0.int() }
            let targets = try object.required("targets").array().map { try $0.int() }
            self.init(
                id: record.id, name: record.name, sha256: record.digest.hexadecimal,
                samples: inputs.first ?? 0, inputShape: try Shape(inputs.dropFirst()),
                targetShape: try Shape(targets.dropFirst()),
                hasWeights: try object.required("weights").bool(), bytes: record.byteCount,
                createdAt: Timestamp(milliseconds: record.createdAt))
        } catch {
            throw Problem(.internalError, "the dataset \(record.name) is damaged: \(error)")
        }
    }
}

extension [UInt8] {
    /// The bytes in hexadecimal digits.
    fileprivate var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
