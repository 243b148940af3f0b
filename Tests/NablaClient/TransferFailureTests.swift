import CCurl
import NablaAPI
import Testing

@testable import NablaClient

/// What curl's reasons for giving a transfer up mean, and which of them are tried again.
@Suite struct TransferFailureTests {
    private static let table: [(CURLcode, TransferFailure)] = [
        (CURLE_COULDNT_RESOLVE_PROXY, .passing), (CURLE_COULDNT_RESOLVE_HOST, .passing),
        (CURLE_COULDNT_CONNECT, .passing), (CURLE_SSL_CONNECT_ERROR, .passing),
        (CURLE_SSL_SHUTDOWN_FAILED, .passing), (CURLE_SEND_ERROR, .passing),
        (CURLE_RECV_ERROR, .passing), (CURLE_GOT_NOTHING, .passing),
        (CURLE_PARTIAL_FILE, .passing), (CURLE_SEND_FAIL_REWIND, .passing),
        (CURLE_HTTP2, .passing), (CURLE_HTTP2_STREAM, .passing), (CURLE_AGAIN, .passing),
        (CURLE_NO_CONNECTION_AVAILABLE, .passing), (CURLE_OUT_OF_MEMORY, .passing),
        (CURLE_OPERATION_TIMEDOUT, .timedOut),
        (CURLE_UNSUPPORTED_PROTOCOL, .lasting), (CURLE_URL_MALFORMAT, .lasting),
        (CURLE_NOT_BUILT_IN, .lasting), (CURLE_BAD_FUNCTION_ARGUMENT, .lasting),
        (CURLE_INTERFACE_FAILED, .lasting), (CURLE_UNKNOWN_OPTION, .lasting),
        (CURLE_PEER_FAILED_VERIFICATION, .lasting), (CURLE_SSL_CACERT_BADFILE, .lasting),
        (CURLE_SSL_CERTPROBLEM, .lasting), (CURLE_SSL_CIPHER, .lasting),
        (CURLE_SSL_ISSUER_ERROR, .lasting), (CURLE_SSL_CRL_BADFILE, .lasting),
        (CURLE_SSL_PINNEDPUBKEYNOTMATCH, .lasting), (CURLE_SSL_INVALIDCERTSTATUS, .lasting),
        (CURLE_SSL_ENGINE_NOTFOUND, .lasting), (CURLE_USE_SSL_FAILED, .lasting),
        (CURLE_PROXY, .lasting), (CURLE_LOGIN_DENIED, .lasting), (CURLE_AUTH_ERROR, .lasting),
        (CURLE_WEIRD_SERVER_REPLY, .unreadable), (CURLE_BAD_CONTENT_ENCODING, .unreadable),
    ]

    @Test func everyReasonHasItsMeaning() {
        for (code, failure) in Self.table {
            #expect(TransferFailure(code) == failure, "\(code.rawValue)")
        }
    }

    @Test func onlyWhatMayPassIsTriedAgain() {
        for (code, failure) in Self.table {
            let error = ClientError(code, detail: "so it is", status: 0, proxyStatus: 0)
            var attempts = Attempts(Message(path: "/runs"), ClientConfiguration())
            let isTried = attempts.pause(after: .failure(error)) != nil
            #expect(isTried == (failure == .passing || failure == .timedOut), "\(error)")
            #expect(isTried == error.isPassing, "\(error)")
            #expect("\(error)".contains("so it is"))
        }
    }

    @Test func aProxysRefusalIsItsLastWord() {
        for (status, isPassing) in [
            (0, true), (200, true), (502, true), (503, true), (504, true), (403, false),
            (405, false), (407, false), (500, false),
        ] {
            let error = ClientError(
                CURLE_RECV_ERROR, detail: "", status: 0, proxyStatus: status)
            #expect(error.isPassing == isPassing, "\(status)")
        }
    }

    /// None of them reaches the network.
    @Test(arguments: [
        "ftp://127.0.0.1", "http://:80", "http://127.0.0.1:99999", "http://[::1", "abc://x",
    ])
    func anAddressThatIsNoneIsTold(_ server: String) async throws {
        let client = Client(ClientConfiguration(server: server))
        let error = await #expect(throws: ClientError.self) { try await client.health() }
        guard case .configuration(let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.contains("http://127.0.0.1:8080"), "\(detail)")
    }
}
