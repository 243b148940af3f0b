import CCurl

/// What it means for a call that curl gave its transfer up.
enum TransferFailure: Equatable {
    /// It may go well a moment later: nobody listened, a connection broke, a name server was silent.
    case passing
    /// It took longer than it may.
    case timedOut
    /// It goes wrong until the client's configuration, a certificate or the proxy is changed.
    case lasting
    /// Something answered that speaks no HTTP.
    case unreadable

    /// What a code means.
    ///
    /// - Source: libcurl-errors(3). It has one code for a name that doesn't exist and one whose servers don't
    ///   answer, and one for a handshake that broke off and one that can't come about: both may pass.
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
            CURLE_SSL_CONNECT_ERROR, CURLE_SSL_SHUTDOWN_FAILED,
            CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
            CURLE_SEND_FAIL_REWIND, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_AGAIN,
            CURLE_NO_CONNECTION_AVAILABLE, CURLE_OUT_OF_MEMORY:
            self = .passing
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: self = .unreadable
        // Addresses, schemes, certificates, proxies, options; and what no later version may add to the above.
        default: self = .lasting
        }
    }
}

extension ClientError {
    /// Tells why a transfer gave nothing.
    ///
    /// - Parameters:
    ///   - code: How curl ended it.
    ///   - detail: What curl says about it.
    ///   - status: The status of the answer that had begun, if any.
    ///   - proxyStatus: What a proxy answered that was asked for a tunnel; 0 for none.
    init(_ code: CURLcode, detail: String, status: Int, proxyStatus: Int) {
        switch TransferFailure(code) {
        case .passing where proxyStatus == 407: self = ClientError(Received(status: proxyStatus))
        // A proxy that can't reach the service now says so; any other refusal is its last word.
        case .passing where proxyStatus >= 400 && ![502, 503, 504].contains(proxyStatus):
            self = .configuration("the proxy refuses the connection with status \(proxyStatus)")
        case .passing: self = .connection(detail)
        case .timedOut: self = .timedOut(detail)
        case .lasting: self = .configuration(detail + ClientError.advice(on: code))
        case .unreadable: self = .unexpected(status: status, detail: detail)
        }
    }

    /// libcurl isn't there, or can't make another handle.
    static var noHandle: ClientError {
        guard let why = Curl.failure else {
            return .connection("libcurl has no memory for another handle")
        }
        return .configuration("libcurl can't be loaded, Debian's package libcurl4 has it: \(why)")
    }

    /// What would be right, where that isn't plain from what went wrong.
    private static func advice(on code: CURLcode) -> String {
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            "; CURL_CA_BUNDLE or SSL_CERT_FILE names a file of the certificates to trust, "
                + "SSL_CERT_DIR a folder of them"
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
            "; a service's address is like http://127.0.0.1:8080, https://nabla.example.org or "
                + "unix:/run/nabla.sock"
        default: ""
        }
    }
}
