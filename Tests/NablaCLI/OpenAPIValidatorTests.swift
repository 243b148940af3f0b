import Testing

/// The contract as a service gives it, read by a program that knows OpenAPI.
@Suite struct OpenAPIValidatorTests {
    private static let isThere =
        (try? Tool.run(["openapi-spec-validator", "--version"]).status) == 0

    @Test(
        "openapi-spec-validator finds the served document valid",
        .enabled(if: isThere, "openapi-spec-validator is missing"))
    func isValid() throws {
        let served = try ServedProgram()
        let folder = try TemporaryFolder()
        let document = String(decoding: try served.client.openAPI(), as: UTF8.self)
        let result = try Tool.run([
            "openapi-spec-validator", folder.write(document, to: "openapi.json"),
        ])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        // What it is given is read: the same document without what it must have is refused.
        let title = document.replacing("\"title\": \"Nabla\",", with: "")
        let refused = try Tool.run([
            "openapi-spec-validator", folder.write(title, to: "untitled.json"),
        ])
        #expect(refused.status != 0)
    }
}
