import CCurl

/// One request on one curl handle, and what has come back of its answer.
///
/// Belongs to whoever performs it: the thread of a blocking call, or the engine's thread.
final class Transfer {
    /// The curl handle; used by one transfer at a time.
    let handle: EasyHandle
    /// What has come back so far.
    private(set) var received = Received()
    /// Gets the bytes of a stream as they come in, instead of `received`.
    var onData: (([UInt8]) -> Void)?
    private var isHeadWhole = false
    private var fields: UnsafeMutablePointer<curl_slist>?

    init(_ message: Message, on handle: EasyHandle, _ destination: Destination) {
        let configuration = destination.configuration
        self.handle = handle
        handle.reset()
        handle.set(CURLOPT_URL, destination.origin + message.path)
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        if let path = destination.socketPath { handle.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        Certificates.standard.set(on: handle)
        if configuration.acceptsGzip, !message.isStream {
            handle.set(CURLOPT_ACCEPT_ENCODING, "gzip")
        }
        // On a connection that turns out to be closed libcurl sends a request again by itself.
        if !message.isRepeatable { handle.set(CURLOPT_FRESH_CONNECT, 1) }
        if destination.isDirect { handle.set(CURLOPT_NOPROXY, "*") }
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectMilliseconds)
        handle.set(CURLOPT_TIMEOUT_MS, message.milliseconds)
        if configuration.stallSeconds > 0 {
            handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            handle.set(CURLOPT_LOW_SPEED_TIME, configuration.stallSeconds)
        }
        var lines = message.fields
        if let authorization = destination.authorization { lines.append(authorization) }
        if message.method != "GET", message.method != "POST" {
            handle.set(CURLOPT_CUSTOMREQUEST, message.method)
        }
        if let body = message.body {
            handle.set(CURLOPT_POST, 1)
            handle.setBody(body)
            lines.append("Content-Type: \(message.mediaType)")
        } else if message.method == "POST" {
            handle.set(CURLOPT_POST, 1)
            handle.setBody([])
            lines.append("Content-Type:")
        }
        for line in lines { fields = curl_slist_append(fields, line) }
        handle.set(CURLOPT_HTTPHEADER, fields)
        receiveIntoSelf()
    }

    deinit {
        curl_slist_free_all(fields)
    }

    private func receiveIntoSelf() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_WRITEDATA, context)
        handle.set(CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(bytes)
            return size * count
        }
        handle.set(CURLOPT_HEADERDATA, context)
        handle.set(CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: data, count: size * count)
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(headLine: line)
            return size * count
        }
    }

    /// Notes whether the head has come to its end: libcurl takes one that was cut off for a whole one.
    private func take(headLine line: UnsafeRawBufferPointer) {
        if line.starts(with: Array("HTTP/".utf8)) {
            // Also behind another head: that of a proxy, or of a 100 (Continue).
            isHeadWhole = false
        } else if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            isHeadWhole = true
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if let onData, handle.status == 200 {
            onData(Array(bytes))
        } else {
            received.body.append(contentsOf: bytes)
        }
    }

    /// What came back once curl is done with it.
    ///
    /// - Throws: `ClientError` when nothing came back whole.
    func finish(_ result: CURLcode) throws(ClientError) -> Received {
        switch result {
        case CURLE_OK:
            guard isHeadWhole else { throw .connection("the answer ended within its head") }
        case CURLE_OPERATION_TIMEDOUT: throw .timedOut(describe(result))
        default: throw .connection(describe(result))
        }
        received.status = handle.status
        received.retryAfterSeconds = handle.retryAfterSeconds
        return received
    }

    private func describe(_ result: CURLcode) -> String {
        String(cString: curl_easy_strerror(result))
    }
}

/// A curl handle, which keeps its connection open from one transfer to the next.
///
/// - Note: Safe to hand from thread to thread, since libcurl asks only that one thread at a time uses
///   it, and a handle is owned by one transfer at a time.
struct EasyHandle: @unchecked Sendable {
    /// libcurl's own handle.
    let raw: UnsafeMutableRawPointer

    /// Makes a handle, or nil when there is no memory for it.
    init?() {
        _ = Curl.isReady
        guard let raw = curl_easy_init() else { return nil }
        self.raw = raw
    }

    /// The status of the last answer; 0 before one has begun.
    var status: Int {
        var code = 0
        nabla_curl_get_long(raw, CURLINFO_RESPONSE_CODE, &code)
        return code
    }

    /// The seconds that the last answer's Retry-After asks for, also where it gives a date; 0 without one.
    var retryAfterSeconds: Int {
        var seconds: curl_off_t = 0
        nabla_curl_get_offset(raw, CURLINFO_RETRY_AFTER, &seconds)
        return Int(seconds)
    }

    func reset() { curl_easy_reset(raw) }

    func close() { curl_easy_cleanup(raw) }

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
