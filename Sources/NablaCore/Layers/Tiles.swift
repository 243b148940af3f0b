/// A panel's products with the numbers of samples that a block is cut into.
struct Tiles<Products: Sendable>: Sendable {
    /// Nil where no block is as long.
    private let many: Products?
    private let some: Products
    private let few: Products
    private let one: Products

    /// Samples that are taken at once where there are as many: a group's gradients are read and
    /// written that much less often.
    private static var manyRows: Int { 128 }
    private static var fewRows: Int { 4 }

    /// Makes those that blocks of up to `rows` samples need; nil where one of them can't be made.
    init?(of rows: Int, _ products: (_ rows: Int) -> Products?) {
        guard let some = products(Tile.rows), let few = products(Tiles.fewRows),
            let one = products(1)
        else { return nil }
        many = rows < Tiles.manyRows ? nil : products(Tiles.manyRows)
        (self.some, self.few, self.one) = (some, few, one)
    }

    /// Calls `body` with tile after tile of `rows` samples: where it begins, and its products.
    @inline(__always)
    func inTiles(of rows: Int, _ body: (Int, Products) -> Void) {
        var row = 0
        func run(_ products: Products, rows tile: Int) {
            while row &+ tile <= rows {
                body(row, products)
                row &+= tile
            }
        }
        if let many { run(many, rows: Tiles.manyRows) }
        run(some, rows: Tile.rows)
        run(few, rows: Tiles.fewRows)
        run(one, rows: 1)
    }
}
