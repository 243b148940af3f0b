import CCurl

/// One request on one curl handle, and what has come back of its answer.
///
/// - Note: Safe to hand from thread to thread: whoever makes a call sets it up, and from when it begins until
///   it has ended it is touched only while the engine's lock is held.
final class Transfer: @unchecked Sendable {
    /// The curl handle; used by one transfer at a time.
    let handle: EasyHandle
    /// Whether the answer is a stream that ends when it likes.
    let isStream: Bool
    /// What has come back so far.
    private(set) var received = Received()
    /// Gets the bytes of a stream as they come in, instead of `received`.
    ///
    /// Called with the engine's lock held, so that they stay in their order.
    var onData: (@Sendable ([UInt8]) -> Void)?
    /// Whether it was given up before it began.
    var isGivenUp = false
    private var isHeadWhole = false
    private var fields: UnsafeMutablePointer<curl_slist>?

    init(_ message: Message, on handle: EasyHandle, _ destination: Destination) {
        let configuration = destination.configuration
        self.handle = handle
        isStream = message.isStream
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
        if line.starts(with: "HTTP/".utf8) {
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
        guard result == CURLE_OK else {
            throw ClientError(
                result, detail: handle.describe(result), status: handle.status,
                proxyStatus: handle.proxyStatus)
        }
        guard isHeadWhole else { throw .connection("the answer ended within its head") }
        received.status = handle.status
        received.retryAfterSeconds = handle.retryAfterSeconds
        return received
    }
}
