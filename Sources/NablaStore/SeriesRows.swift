import Foundation
import GRDB

/// Values of metrics between `MetricSeries` and the rows of `series`.
enum SeriesRows {
    /// Adds a series to a metric of a run, in place of what it has from the series' first epoch on.
    static func append(
        _ series: MetricSeries, to run: Int64, _ place: Int64, _ db: Database
    ) throws {
        try cut(run, place, from: series.epoch, db)
        try db.run(
            """
            INSERT INTO series (run, place, epoch, last, stride, step, step_stride, time, samples)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run, place, series.epoch, series.lastEpoch, series.stride, series.step,
                series.stepStride, series.time, samples(of: series.values),
            ])
    }

    private static func samples(of values: [Double]) -> any DatabaseValueConvertible {
        let first = values[0].bitPattern
        if values.allSatisfy({ $0.bitPattern == first }) { return values[0] }
        return values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
    }

    /// Takes away what a metric has from an epoch on.
    private static func cut(
        _ run: Int64, _ place: Int64, from epoch: Int, _ db: Database
    ) throws {
        // Mostly there is nothing to take away, which the last row tells.
        let last = try db.rows(
            "SELECT last FROM series WHERE run = ? AND place = ? ORDER BY epoch DESC LIMIT 1",
            [run, place]
        ).first
        guard let last, last[0] as Int >= epoch else { return }
        try db.run(
            "DELETE FROM series WHERE run = ? AND place = ? AND epoch >= ?", [run, place, epoch])
        // Of a row that goes across, the part before stays.
        try db.run(
            """
            UPDATE series SET last = epoch + (?3 - 1 - epoch) / stride * stride,
                samples = iif(typeof(samples) = 'blob',
                    substr(samples, 1, 8 * ((?3 - 1 - epoch) / stride + 1)), samples)
            WHERE run = ?1 AND place = ?2 AND last >= ?3
            """, [run, place, epoch])
    }

    /// Reads the points of a run's metrics at some places and epochs, by place, then by epoch.
    static func read(
        of run: Int64, _ places: ClosedRange<Int64>, _ epochs: ClosedRange<Int>,
        keys: [Int64: String], _ db: Database
    ) throws -> [MetricRecord] {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT place, epoch, last, stride, step, step_stride, time, samples FROM series
                    WHERE run = ? AND place BETWEEN ? AND ? AND last >= ? AND epoch <= ?
                    ORDER BY place, epoch
                    """),
            arguments: [
                run, places.lowerBound, places.upperBound, epochs.lowerBound, epochs.upperBound,
            ])
        var points: [MetricRecord] = []
        while let row = try rows.next() {
            let key = try keys[row[0]]
                .unwrapped(or: .corrupt(why: "a metric has no key", sql: nil))
            let (epoch, last, stride) = (row[1] as Int, row[2] as Int, row[3] as Int)
            guard stride >= 1, last >= epoch else {
                throw StoreError.corrupt(why: "a metric's epochs are out of order", sql: nil)
            }
            // A row may have far more values than are wanted.
            let begin = epochs.lowerBound.clamped(to: epoch...last) - epoch
            let first = (begin + stride - 1) / stride
            let end = (epochs.upperBound.clamped(to: epoch...last) - epoch) / stride + 1
            guard first < end else { continue }
            let values = try values(
                of: row[7], count: (last - epoch) / stride + 1, wanted: first..<end)
            let (step, stepStride, time) = (row[4] as Int, row[5] as Int, row[6] as Int64)
            for (index, value) in zip(first..<end, values) {
                points.append(
                    MetricRecord(
                        key: key, epoch: epoch + index * stride, step: step + index * stepStride,
                        value: value, time: time))
            }
        }
        return points
    }

    private static func values(
        of samples: DatabaseValue, count: Int, wanted: Range<Int>
    ) throws(StoreError) -> [Double] {
        switch samples.storage {
        case .double(let value): return Array(repeating: value, count: wanted.count)
        case .blob(let data) where data.count == 8 * count:
            return data.withUnsafeBytes { bytes in
                wanted.map { index in
                    let bits = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                    return Double(bitPattern: UInt64(littleEndian: bits))
                }
            }
        default: throw .corrupt(why: "a metric has not as many values as epochs", sql: nil)
        }
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
