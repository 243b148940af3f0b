import NablaNetworks
import Testing

/// What numbers out of their range are told.
@Suite struct RangeTests {
    private func message(_ body: () throws -> Void) -> String {
        (#expect(throws: InvalidValue.self) { try body() })?.detail ?? ""
    }

    @Test func boundsAreToldAsPeopleWriteThem() {
        #expect(
            message { _ = try TrainingSettings(optimizer: .sgd(SGD()), epochs: 0) }
                == "epochs is 0, but must be at least 1")
        #expect(
            message { _ = try TrainingSettings(optimizer: .sgd(SGD()), clipNorm: 0) }
                == "clip_norm is 0, but must be above 0")
        #expect(
            message { _ = try TrainingSettings(optimizer: .sgd(SGD()), clipValue: -0.5) }
                == "clip_value is -0.5, but must be above 0")
        #expect(
            message { _ = try Dropout(rate: 1) } == "rate is 1, but must be at least 0 and below 1")
    }
}
