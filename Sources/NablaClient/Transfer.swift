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

    /// Sets a handle up for a request.
    init(_ message: Message, on handle: EasyHandle, _ destination: Destination) {
        self.handle = handle
        isStream = message.isStream
        let purpose = message.purpose
        if handle.purpose != purpose { handle.setUp(for: purpose, destination) }
        handle.forgetError()
        handle.set(CURLOPT_TIMEOUT_MS, message.milliseconds)
        if message.method == "POST" || message.body != nil { handle.setBody(message.body ?? []) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_WRITEDATA, context)
        handle.set(CURLOPT_HEADERDATA, context)
    }

    /// Notes whether the head has come to its end: libcurl takes one that was cut off for a whole one.
    fileprivate func take(headLine line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) {
            // Also behind another head: that of a proxy, or of a 100 (Continue).
            isHeadWhole = false
        } else if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            isHeadWhole = true
        }
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) {
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

extension EasyHandle {
    /// Sets all options but those that each transfer has anew.
    fileprivate func setUp(for purpose: Message.Purpose, _ destination: Destination) {
        let configuration = destination.configuration
        reset(for: purpose)
        set(CURLOPT_URL, destination.origin + purpose.path)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        if let path = destination.socketPath { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        Certificates.standard.set(on: self)
        if configuration.acceptsGzip, !purpose.isStream { set(CURLOPT_ACCEPT_ENCODING, "gzip") }
        // On a connection that turns out to be closed libcurl sends a request again by itself.
        if !purpose.isRepeatable { set(CURLOPT_FRESH_CONNECT, 1) }
        if destination.isDirect { set(CURLOPT_NOPROXY, "*") }
        set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectMilliseconds)
        if configuration.stallSeconds > 0 {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, configuration.stallSeconds)
        }
        if purpose.method != "GET", purpose.method != "POST" {
            set(CURLOPT_CUSTOMREQUEST, purpose.method)
        }
        if purpose.hasBody || purpose.method == "POST" { set(CURLOPT_POST, 1) }
        setFields(lines(of: purpose, destination))
        receiveIntoTransfer()
    }

    private func lines(of purpose: Message.Purpose, _ destination: Destination) -> [String] {
        var lines = purpose.fields
        if let authorization = destination.authorization { lines.append(authorization) }
        if purpose.hasBody {
            lines.append("Content-Type: \(purpose.mediaType)")
        } else if purpose.method == "POST" {
            lines.append("Content-Type:")
        }
        return lines
    }

    /// Has what comes in taken by the transfer that is the callbacks' context.
    private func receiveIntoTransfer() {
        set(CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(bytes)
            return size * count
        }
        set(CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: data, count: size * count)
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(headLine: line)
            return size * count
        }
    }
}
