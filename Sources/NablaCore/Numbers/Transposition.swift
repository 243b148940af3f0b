/// Writes the transposed of a row-major (rows, columns) matrix: (columns, rows).
///
/// Blocks of 4 × 4 stay in registers; a column at a time would touch a cache line for each number.
enum Transposition {
    static func transpose<S: Real>(
        _ source: UnsafePointer<S>, rows: Int, columns: Int, into target: UnsafeMutablePointer<S>
    ) {
        let (fullRows, fullColumns) = (rows & ~3, columns & ~3)
        for row in stride(from: 0, to: fullRows, by: 4) {
            for column in stride(from: 0, to: fullColumns, by: 4) {
                let (first, transposed) = (row &* columns &+ column, column &* rows &+ row)
                S.transposeBlock(
                    source + first, stride: columns, into: target + transposed, stride: rows)
            }
            copy(source, row..<row &+ 4, fullColumns..<columns, rows, columns, into: target)
        }
        copy(source, fullRows..<rows, 0..<columns, rows, columns, into: target)
    }

    /// Transposes 4 × 4 numbers in registers.
    @inline(__always)
    static func transposeVectors<S: FloatingReal>(
        _ source: UnsafePointer<S>, stride sourceStride: Int,
        into target: UnsafeMutablePointer<S>, stride targetStride: Int
    ) {
        let (a, b) = (load(source), load(source + sourceStride))
        let (c, d) = (load(source + 2 &* sourceStride), load(source + 3 &* sourceStride))
        store(SIMD4(a.x, b.x, c.x, d.x), to: target)
        store(SIMD4(a.y, b.y, c.y, d.y), to: target + targetStride)
        store(SIMD4(a.z, b.z, c.z, d.z), to: target + 2 &* targetStride)
        store(SIMD4(a.w, b.w, c.w, d.w), to: target + 3 &* targetStride)
    }

    @inline(__always)
    private static func load<S: FloatingReal>(_ source: UnsafePointer<S>) -> SIMD4<S> {
        UnsafeRawPointer(source).loadUnaligned(as: SIMD4<S>.self)
    }

    @inline(__always)
    private static func store<S: FloatingReal>(
        _ vector: SIMD4<S>, to target: UnsafeMutablePointer<S>
    ) {
        UnsafeMutableRawPointer(target).storeBytes(of: vector, as: SIMD4<S>.self)
    }

    @inline(__always)
    private static func copy<S: Real>(
        _ source: UnsafePointer<S>, _ ofRows: Range<Int>, _ ofColumns: Range<Int>, _ rows: Int,
        _ columns: Int, into target: UnsafeMutablePointer<S>
    ) {
        for row in ofRows {
            for column in ofColumns {
                target[column &* rows &+ row] = source[row &* columns &+ column]
            }
        }
    }
}
