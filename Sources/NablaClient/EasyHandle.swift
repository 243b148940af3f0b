import CCurl

/// A curl handle: one transfer at a time, and afterwards the next.
///
/// - Note: Safe to hand from thread to thread, since libcurl asks only that one thread at a time uses
///   it: it is set up by whoever makes a call, and then touched only while the engine's lock is held.
struct EasyHandle: @unchecked Sendable {
    /// libcurl's own handle.
    let raw: UnsafeMutableRawPointer
    /// Where libcurl writes what exactly went wrong.
    private let errorText: UnsafeMutablePointer<CChar>

    /// Makes a handle, or nil when there is no memory for it.
    init?() {
        _ = Curl.isReady
        guard let raw = curl_easy_init() else { return nil }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    /// The status of the last answer; 0 before one has begun.
    var status: Int { number(CURLINFO_RESPONSE_CODE) }

    /// The status with which a proxy answered when it was asked for a tunnel; 0 when none was.
    var proxyStatus: Int { number(CURLINFO_HTTP_CONNECTCODE) }

    /// The seconds that the last answer's Retry-After asks for, also where it gives a date; 0 without one.
    var retryAfterSeconds: Int {
        var seconds: curl_off_t = 0
        nabla_curl_get_offset(raw, CURLINFO_RETRY_AFTER, &seconds)
        return Int(seconds)
    }

    private func number(_ info: CURLINFO) -> Int {
        var number = 0
        nabla_curl_get_long(raw, info, &number)
        return number
    }

    /// What went wrong, as exactly as libcurl knows.
    func describe(_ code: CURLcode) -> String {
        let text = String(cString: errorText)
        return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }

    /// Forgets all options.
    func reset() {
        curl_easy_reset(raw)
        errorText.pointee = 0
        set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText))
    }

    func close() {
        curl_easy_cleanup(raw)
        errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) { nabla_curl_set_long(raw, option, value) }

    func set(_ option: CURLoption, _ value: String) { nabla_curl_set_string(raw, option, value) }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
        nabla_curl_set_pointer(raw, option, value)
    }

    func set(_ option: CURLoption, _ value: UnsafeMutablePointer<curl_slist>?) {
        nabla_curl_set_list(raw, option, value)
    }

    func set(_ option: CURLoption, _ value: @escaping nabla_curl_data_callback) {
        nabla_curl_set_callback(raw, option, value)
    }

    /// Gives curl a copy of the body.
    func setBody(_ body: [UInt8]) {
        nabla_curl_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        body.withUnsafeBytes { bytes in
            _ = nabla_curl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
        }
    }
}

/// libcurl as a whole.
enum Curl {
    /// Set up once, before the first handle, since curl_global_init isn't safe beside other calls.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
