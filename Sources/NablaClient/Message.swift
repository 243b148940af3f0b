/// A request on its way to the service.
struct Message: Sendable {
    /// The method.
    var method = "GET"
    /// The path and, where there is one, the query.
    var path: String
    /// Fields beside those that curl and the body bring.
    var fields: [String] = []
    /// The body; nil for none.
    var body: [UInt8]?
    /// What the body is.
    var mediaType = "application/json"
    /// Whether the answer is a stream that ends when it likes.
    var isStream = false
}

/// What came back.
struct Received: Sendable {
    var status = 0
    var mediaType = ""
    var body: [UInt8] = []
}
