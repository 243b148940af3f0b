import Dispatch
import Glibc
import NablaAPI
import NablaGzip
import NablaHTTP
import NablaStore

/// Where uploads lie until they are in the database, and how much they may take there.
struct UploadFolder: Sendable {
    /// The media types of bodies that memory never has as a whole, and that may be longer for it.
    private static let streamed = ["text/csv", Safetensors.mediaType]

    private let directory: String
    private let allowance: ScratchAllowance
    private let uploadBytes: Int
    /// Bytes of a body that is read as a whole in the end.
    let bodyBytes: Int
    let compression: CompressionSettings
    /// The thread that writes: one disk is waited for by one.
    let queue = DispatchQueue(label: "nabla.uploads")

    /// Makes it of what the settings say.
    init(_ settings: Settings) {
        directory = settings.dataDirectory
        allowance = ScratchAllowance(settings.scratchBytes)
        uploadBytes = settings.server.limits.uploadBytes
        bodyBytes = settings.server.limits.bodyBytes
        compression = settings.compression
    }

    /// Bytes that the body of a request may have.
    func byteLimit(for head: RequestHead) -> Int {
        UploadFolder.streamed.contains(head.bodyMediaType) ? uploadBytes : bodyBytes
    }

    /// What takes the body of a request.
    func upload(for head: RequestHead, whenRoom: @escaping @Sendable () -> Void) -> Upload {
        Upload(
            in: self, byteLimit: byteLimit(for: head), isCompressed: head.hasContentCoding,
            whenRoom: whenRoom)
    }

    /// A new file.
    ///
    /// - Throws: `Problem` when the disk gives none.
    func file() throws(Problem) -> ScratchFile {
        try Problem.storing { () throws(StoreError) in
            try ScratchFile(in: directory, allowance: allowance)
        }
    }

    /// A new file with a body that memory has.
    ///
    /// - Throws: `Problem` when the disk doesn't take it.
    func file(holding body: [UInt8]) throws(Problem) -> ScratchFile {
        let file = try file()
        try Problem.storing { () throws(StoreError) in try file.write(body, at: 0) }
        return file
    }

    /// What inflates a body.
    ///
    /// - Throws: `Problem` when there is no memory.
    func inflater() throws(Problem) -> GzipReader {
        do throws(GzipError) {
            return try GzipReader(limit: compression.inflatedBytes)
        } catch {
            throw compression.problem(error)
        }
    }

    /// Removes what a process left that was killed between making a file and taking its name away.
    func removeLeftovers() {
        guard let folder = opendir(directory) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(ScratchFile.prefix) { unlink(directory + "/" + name) }
        }
    }
}
