/// The contract as an OpenAPI document, compiled into the program.
enum OpenAPI {
    /// The document's text.
    static let document = PackageResources.openapi_json
}
