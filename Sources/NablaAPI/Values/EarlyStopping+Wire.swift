import NablaJSON
import NablaNetworks

extension EarlyStopping {
    init(reading value: JSONValue) throws {
        let object = try value.object(["monitor", "patience", "min_delta", "restore_best"])
        let monitor = try object.readIfPresent("monitor") { try $0.string() }
        let patience = try object.readIfPresent("patience") { try $0.int() } ?? 0
        let minDelta = try object.readIfPresent("min_delta") { try $0.double() } ?? 0
        let restoreBest = try object.readIfPresent("restore_best") { try $0.bool() } ?? false
        self = try value.checked {
            try EarlyStopping(
                monitor: monitor, patience: patience, minDelta: minDelta,
                restoreBest: restoreBest)
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("monitor", monitor)
        writer.field("patience", patience)
        writer.field("min_delta", minDelta)
        writer.field("restore_best", restoreBest)
        writer.endObject()
    }
}
