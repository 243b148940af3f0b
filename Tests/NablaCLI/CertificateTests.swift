import Foundation
import NablaAPI
import Testing

/// The program as a client of a real service behind TLS, with the certificates that the variables name.
@Suite(.enabled(if: TLSFront.canStart, "openssl or Python's ssl module is missing"))
struct CertificateTests {
    private let served: ServedProgram
    private let folder: TemporaryFolder
    private let certificate: Certificate
    private let front: TLSFront

    init() throws {
        served = try ServedProgram()
        folder = try TemporaryFolder()
        certificate = try Certificate(in: folder)
        let port = try #require(served.address.split(separator: ":").last.flatMap { UInt16($0) })
        front = try TLSFront(certificate, to: port)
    }

    private func gradients(
        _ variables: [String: String], server: String? = nil
    ) throws -> Program.Result {
        try Environment.run(
            [
                "gradients", example("xor.json"), "--json", "--server",
                server ?? "https://127.0.0.1:\(front.port)",
            ], variables)
    }

    @Test func trustedCertificatesAreFoundInEachPlace() throws {
        for (name, value) in [
            ("CURL_CA_BUNDLE", certificate.file), ("SSL_CERT_FILE", certificate.file),
            ("SSL_CERT_DIR", certificate.folder),
        ] {
            let result = try gradients([name: value])
            #expect(result.code == 0, "\(name): \(result.errors)")
            #expect(throws: Never.self) {
                try GradientsResponse(parsing: Array(result.output.utf8))
            }
        }
    }

    @Test func aRunIsFollowedThroughTLS() throws {
        let result = try Environment.run(
            [
                "train", example("train_xor.json"), "--server", "https://127.0.0.1:\(front.port)",
            ], ["CURL_CA_BUNDLE": certificate.file])
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.output.contains("succeeded"), "\(result.output)")
    }

    /// Through a tunnel, whose proxy counts how often it is asked for.
    @Test func aStrangersCertificateIsRefusedOnce() throws {
        let proxy = try ForwardProxy(to: front.port)
        defer { proxy.stop() }
        let stranger = try Certificate(in: folder, named: "two")
        let server = "https://nabla.test"
        let trusting = try gradients(
            ["https_proxy": proxy.address(), "SSL_CERT_FILE": certificate.file], server: server)
        #expect(trusting.code == 0, "\(trusting.errors)")
        #expect(proxy.requests == ["CONNECT nabla.test:443 HTTP/1.1"])
        let result = try gradients(
            ["https_proxy": proxy.address(), "SSL_CERT_FILE": stranger.file], server: server)
        #expect(result.code == 78)
        #expect(result.errorLines.count == 1)
        for part in ["certificate", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            #expect(result.errors.contains(part), "\(result.errors)")
        }
        #expect(proxy.requests.count == 2)
    }

    @Test func withoutAVariableNothingOfOursIsTrusted() throws {
        let result = try gradients([:])
        #expect(result.code == 78 && result.errors.contains("certificate"), "\(result.errors)")
    }

    @Test func aCertificateForAnotherNameIsRefused() throws {
        let result = try gradients(
            ["CURL_CA_BUNDLE": certificate.file], server: "https://localhost:\(front.port)")
        #expect(result.code == 78 && result.errors.contains("localhost"), "\(result.errors)")
    }

    @Test func aFileThatIsNotThereIsNamed() throws {
        let missing = folder.file("missing.pem")
        let result = try gradients(["CURL_CA_BUNDLE": missing])
        #expect(result.code == 78 && result.errors.contains(missing), "\(result.errors)")
    }

    @Test func plainHTTPIsNoTLS() throws {
        let result = try gradients(
            ["CURL_CA_BUNDLE": certificate.file], server: "http://127.0.0.1:\(front.port)")
        #expect(result.code != 0 && result.errorLines.count == 1, "\(result.errors)")
    }
}
