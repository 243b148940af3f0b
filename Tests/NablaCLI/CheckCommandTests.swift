import Foundation
import NablaAPI
import Testing

@Suite struct CheckCommandTests {
    @Test func aWrongClaimIsToldAndExitsWithOne() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "check", example("check_xor.json"), "--server", served.address)
        #expect(result.code == 1 && result.errors.isEmpty, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        let first = lines.first { $0.hasPrefix("/layers/0/weights ") }
        #expect(first?.hasSuffix("transposed") == true, "\(result.output)")
        #expect(lines.contains { $0.hasPrefix("/layers/0/bias") && $0.hasSuffix("✓") })
        #expect(
            lines.last.map(String.init)
                == "doesn't pass: layer 0 weights: transposed; layer 1 weights: sign flipped; the "
                + "other tensors agree")
        #expect(lines.contains { $0.hasPrefix("worst: /layers/1/weights/0/1, claimed -0.0346158") })
    }

    @Test func withoutAClaimTheServicesOwnPass() throws {
        let served = try ServedProgram()
        let result = try Program.run("check", example("xor.json"), "--server", served.address)
        #expect(result.code == 0)
        #expect(
            result.output.contains(
                "passes: no claim: the service's own gradients agree with the differences"))
        let json = try Program.run(
            "check", example("xor.json"), "--json", "--server", served.address)
        #expect(json.code == 0)
        #expect(try CheckResponse(parsing: Array(json.output.utf8)).passes)
    }

    @Test func aRefusedRequestIsToldWithItsPlace() throws {
        let served = try ServedProgram()
        let result = try Program.run(
            "check", "-", "--server", served.address,
            input: """
                {"network": {"layers": [{"weights": [[1]]}]}, "loss": "mean_squared_error",
                 "samples": {"inputs": [[1]], "targets": [1]}, "gradients": [{"weights": [[1, 2]]}]}
                """)
        #expect(result.code == 65)
        #expect(result.errors.contains("/gradients/0/weights"), "\(result.errors)")
    }
}
