import CCurl

/// A curl handle: one transfer at a time, and afterwards the next.
///
/// Its options stay from one transfer to the next, so that the next like it need not set them again.
/// - Note: Safe to hand from thread to thread, since libcurl asks only that one thread at a time uses
///   it: it is set up by whoever makes a call, and then touched only while the engine's lock is held.
final class EasyHandle: @unchecked Sendable {
    /// libcurl's own handle.
    let raw: UnsafeMutableRawPointer
    /// What its options were set for; nil while they are as libcurl has them by itself.
    private(set) var purpose: Message.Purpose?
    /// Where libcurl writes what exactly went wrong.
    private let errorText: UnsafeMutablePointer<CChar>
    private var fields: UnsafeMutablePointer<curl_slist>?

    /// Makes a handle, or nil when there is no memory for it or no libcurl.
    init?() {
        guard Curl.failure == nil, let raw = nabla_curl_easy_init() else { return nil }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    deinit {
        nabla_curl_easy_cleanup(raw)
        nabla_curl_slist_free_all(fields)
        errorText.deallocate()
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
        return text.isEmpty ? String(cString: nabla_curl_easy_strerror(code)) : text
    }

    /// Forgets all options, for others to be set.
    func reset(for purpose: Message.Purpose) {
        nabla_curl_easy_reset(raw)
        set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText))
        self.purpose = purpose
    }

    /// Forgets what went wrong with the transfer before.
    func forgetError() { errorText.pointee = 0 }

    /// Sets the fields of a request beside those that curl brings.
    func setFields(_ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = nabla_curl_slist_append(list, line) }
        nabla_curl_set_list(raw, CURLOPT_HTTPHEADER, list)
        nabla_curl_slist_free_all(fields)
        fields = list
    }

    func set(_ option: CURLoption, _ value: Int) { nabla_curl_set_long(raw, option, value) }

    func set(_ option: CURLoption, _ value: String) { nabla_curl_set_string(raw, option, value) }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
        nabla_curl_set_pointer(raw, option, value)
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
    /// Why it can't be loaded, which is tried once, before the first handle; nil where it was.
    static let failure = nabla_curl_load().map { String(cString: $0) }
}
