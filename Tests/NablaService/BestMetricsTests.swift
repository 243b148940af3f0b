import Testing

@testable import NablaService

@Suite struct BestMetricsTests {
    @Test func lossesAndErrorsAreBestSmallOthersLarge() {
        var best: [String: Double] = [:]
        let keys = [
            "loss", "validation_loss", "mean_absolute_error", "validation_mean_absolute_error",
            "accuracy", "validation_accuracy", "learning_rate", "gradient_norm",
            "layers.0.gradient_norm", "layers.0.dead_units", "layers.1.saturated_units",
        ]
        for values in [[2.0], [1, 3], []] {
            for key in keys { BestMetrics.update(&best, key, with: values) }
            BestMetrics.update(&best, "r2", with: values.map { -$0 })
        }
        #expect(
            best == [
                "loss": 1, "validation_loss": 1, "mean_absolute_error": 1,
                "validation_mean_absolute_error": 1, "accuracy": 3, "validation_accuracy": 3,
                "r2": -1,
            ])
    }
}
