/// Arrays for the gradients of weights that lie in panels, row by row as tensors have them.
struct WeightRows<S: Real> {
    /// Those of each layer, (u, i); empty where a layer's don't lie in panels or aren't wanted, and none
    /// at all where no layer's do.
    private(set) var layers: [[S]] = []

    /// No arrays.
    init() {}

    /// Arrays for the layers that are wanted, which a pass fills.
    init(_ plan: Plan<S>, wanted: [Bool]) {
        guard plan.mostPanels > 0 else { return }
        layers = plan.layers.indices.map { index in
            guard let panels = plan.panels(ofLayer: index), wanted.isEmpty || wanted[index] else {
                return []
            }
            // No number is read before the pass has written all of them.
            return [S](unsafeUninitializedCapacity: panels.inputs * panels.units) {
                $1 = panels.inputs * panels.units
            }
        }
    }

    /// The array of a layer; nil where it has none.
    func rows(ofLayer index: Int) -> [S]? {
        layers.isEmpty || layers[index].isEmpty ? nil : layers[index]
    }

    /// Gives `body` the places of the arrays, nil where there are none.
    mutating func withPointers<Result>(_ body: (WeightRowPointers<S>?) -> Result) -> Result {
        if layers.isEmpty { return body(nil) }
        var places: [UnsafeMutablePointer<S>?] = []
        return withPointers(from: 0, &places, body)
    }

    /// As above, once the places of the layers before `index` are known.
    private mutating func withPointers<Result>(
        from index: Int, _ places: inout [UnsafeMutablePointer<S>?],
        _ body: (WeightRowPointers<S>?) -> Result
    ) -> Result {
        guard index < layers.count else {
            return places.withUnsafeBufferPointer { body(WeightRowPointers(places: $0)) }
        }
        var rows: [S] = []
        swap(&rows, &layers[index])
        defer { swap(&rows, &layers[index]) }
        return rows.withUnsafeMutableBufferPointer { buffer in
            places.append(buffer.start)
            return withPointers(from: index + 1, &places, body)
        }
    }
}

/// Where gradients of weights go row by row, layer by layer; valid while the arrays are borrowed.
struct WeightRowPointers<S: Real> {
    let places: UnsafeBufferPointer<UnsafeMutablePointer<S>?>

    @inline(__always)
    subscript(layer: Int) -> UnsafeMutablePointer<S>? { places[layer] }
}
