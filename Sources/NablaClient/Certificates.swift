import CCurl
import Glibc

/// Whom a client trusts beside libcurl's own default, out of the variables that curl and OpenSSL know.
///
/// libcurl itself reads the variables for proxies only: those for certificates are read by the program.
struct Certificates: Equatable {
    /// A file of trusted certificates; nil for libcurl's default.
    var file: String?
    /// A folder of them; nil for libcurl's default.
    var folder: String?

    /// What this process's environment says.
    static let standard = Certificates { name in getenv(name).map { String(cString: $0) } }

    /// Reads variables; an empty one counts as none.
    init(_ variable: (String) -> String?) {
        let files = ["CURL_CA_BUNDLE", "SSL_CERT_FILE"].compactMap(variable)
        file = files.first { !$0.isEmpty }
        folder = variable("SSL_CERT_DIR").flatMap { $0.isEmpty ? nil : $0 }
    }

    func set(on handle: EasyHandle) {
        if let file { handle.set(CURLOPT_CAINFO, file) }
        if let folder { handle.set(CURLOPT_CAPATH, folder) }
    }
}
