import Testing

@testable import NablaService

@Suite struct BestMetricsTests {
    @Test func lossesAndErrorsAreBestSmallOthersLarge() {
        var best: [String: Double] = [:]
        for value in [2.0, 1, 3] {
            BestMetrics.update(
                &best,
                with: [
                    ("loss", value), ("validation_loss", value), ("mean_absolute_error", value),
                    ("validation_mean_absolute_error", value), ("accuracy", value),
                    ("validation_accuracy", value), ("r2", -value), ("learning_rate", value),
                ])
        }
        #expect(
            best == [
                "loss": 1, "validation_loss": 1, "mean_absolute_error": 1,
                "validation_mean_absolute_error": 1, "accuracy": 3, "validation_accuracy": 3,
                "r2": -1,
            ])
    }
}
