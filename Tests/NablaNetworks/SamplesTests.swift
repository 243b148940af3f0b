import NablaNetworks
import Testing

@Suite struct SamplesTests {
    @Test(
        "samples and targets have numbers, so that few bytes are never very many samples",
        arguments: [
            ([3, 2], [3], nil),
            ([3, 2, 4], [3, 1], nil),
            ([3, 0], [3], "/inputs"),
            ([1 << 40, 0], [1 << 40, 0], "/inputs"),
            ([3, 2, 0], [3], "/inputs"),
            ([3, 2], [3, 0], "/targets"),
        ] as [(Shape, Shape, String?)])
    func emptySamples(_ inputs: Shape, _ targets: Shape, _ pointer: String?) {
        var found: String?
        do {
            try Samples.check(inputs: inputs, targets: targets, weights: nil)
        } catch {
            found = error.pointer
            #expect(error.reason == .shapeMismatch)
        }
        #expect(found == pointer)
    }
}
