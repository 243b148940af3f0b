import Foundation

/// Ends TLS in front of a service, as an operator's reverse proxy does.
///
/// Python's ssl module does it, and openssl makes the certificates; the tests are left out where one is missing.
final class TLSFront {
    /// Whether what it takes is installed.
    static let canStart: Bool = {
        (try? Tool.run(["openssl", "version"]).status) == 0
            && (try? Tool.run(["python3", "-c", "import ssl"]).status) == 0
    }()

    let port: UInt16
    private let process = Process()

    /// Listens with a certificate, and passes what it reads on to a port.
    ///
    /// - Throws: `TestFailure` when it doesn't come about.
    init(_ certificate: Certificate, to target: UInt16) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", TLSFront.script, certificate.file, certificate.key, "\(target)",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw TestFailure("TLS doesn't begin: \(line)")
        }
        self.port = port
    }

    deinit {
        // Threads that tests run on block most signals, and whatever they start does so as well; not this one.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static let script = """
        import select, socket, ssl, sys, threading

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])

        def serve(caller):
            try:
                with context.wrap_socket(caller, server_side=True) as caller, \\
                        socket.create_connection(("127.0.0.1", int(sys.argv[3]))) as service:
                    while True:
                        ready = [caller]
                        if not caller.pending():
                            ready = select.select([caller, service], [], [])[0]
                        for source in ready:
                            data = source.recv(65536)
                            if not data:
                                return
                            (service if source is caller else caller).sendall(data)
            except OSError:
                pass

        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """
}

/// A certificate that vouches for itself, for the name `nabla.test` and the address 127.0.0.1.
struct Certificate {
    /// The certificate.
    let file: String
    /// Its private key.
    let key: String
    /// A folder with nothing but the certificate, as OpenSSL looks it up there.
    let folder: String

    init(in folder: TemporaryFolder, named name: String = "one") throws {
        file = folder.file("\(name).pem")
        key = folder.file("\(name).key")
        self.folder = folder.file("\(name).d")
        try FileManager.default.createDirectory(
            atPath: self.folder, withIntermediateDirectories: true)
        let made = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=DNS:nabla.test,IP:127.0.0.1", "-keyout", key, "-out", file,
        ])
        guard made.status == 0 else { throw TestFailure("no certificate: \(made.errors)") }
        try FileManager.default.copyItem(atPath: file, toPath: self.folder + "/one.pem")
        let hashed = try Tool.run(["openssl", "rehash", self.folder])
        guard hashed.status == 0 else { throw TestFailure("no folder: \(hashed.errors)") }
    }
}
