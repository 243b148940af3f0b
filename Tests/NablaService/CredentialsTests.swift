import NablaHTTP
import Testing

@testable import NablaService

@Suite struct CredentialsTests {
    @Test(arguments: [
        "Bearer nabla_x", "bearer nabla_x", "BEARER nabla_x", "Bearer   nabla_x",
    ])
    func areRead(_ value: String) {
        #expect(Credentials(["Authorization": value]) == .token("nabla_x"))
    }

    @Test(arguments: [
        "", "Bearer", "nabla_x", "Basic bmFibGE6eA==", "Bearernabla_x", "Bearer:nabla_x",
        "Token nabla_x",
    ])
    func othersAreNot(_ value: String) {
        #expect(Credentials(["Authorization": value]) == .unreadable)
    }

    @Test func withoutTheFieldThereAreNone() {
        #expect(Credentials(["X-Authorization": "Bearer nabla_x"]) == .none)
    }

    @Test func twoFieldsAreNone() {
        let fields: Fields = ["Authorization": "Bearer a", "authorization": "Bearer b"]
        #expect(Credentials(fields) == .unreadable)
    }

    @Test func whatFollowsBelongsToTheToken() {
        #expect(Credentials(["Authorization": "Bearer a, b"]) == .token("a, b"))
    }
}
