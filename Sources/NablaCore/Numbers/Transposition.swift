/// Writes the transposed of a row-major (rows, columns) matrix: (columns, rows).
///
/// Blocks of 4 × 4 stay in registers; a column at a time would touch a cache line for each number.
enum Transposition {
    static func transpose<S: Real>(
        _ source: UnsafePointer<S>, rows: Int, columns: Int, into target: UnsafeMutablePointer<S>
    ) {
        let (fullRows, fullColumns) = (rows & ~3, columns & ~3)
        @inline(__always)
        func block(_ row: Int, _ column: Int) {
            S.transposeBlock(
                source + (row &* columns &+ column), stride: columns,
                into: target + (column &* rows &+ row), stride: rows)
        }
        // Along the shorter side, so that lines of which a part is read or written stay in the caches.
        if rows < columns {
            for column in stride(from: 0, to: fullColumns, by: 4) {
                for row in stride(from: 0, to: fullRows, by: 4) { block(row, column) }
            }
        } else {
            for row in stride(from: 0, to: fullRows, by: 4) {
                for column in stride(from: 0, to: fullColumns, by: 4) { block(row, column) }
            }
        }
        func copy(_ ofRows: Range<Int>, _ ofColumns: Range<Int>) {
            for row in ofRows {
                for column in ofColumns {
                    target[column &* rows &+ row] = source[row &* columns &+ column]
                }
            }
        }
        copy(0..<fullRows, fullColumns..<columns)
        copy(fullRows..<rows, 0..<columns)
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
}
