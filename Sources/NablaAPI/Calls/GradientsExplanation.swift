import NablaJSON
public import NablaNetworks

/// The chain rule of a gradient, written out; a part of the answer of `POST /gradients`.
public struct GradientsExplanation: Sendable, Equatable {
    /// An equation: as text, as LaTeX, and in words.
    public struct Equation: Sendable, Equatable {
        /// In characters: `∂L/∂b₁ = (a₂ − y) · w₂ · σ′(z₁)`.
        public let formula: String
        /// The same in LaTeX.
        public let latex: String
        /// What it says, in the answer's language.
        public let text: String

        /// Puts the forms of an equation together.
        public init(formula: String, latex: String, text: String) {
            self.formula = formula
            self.latex = latex
            self.text = text
        }
    }

    /// How the gradient of one parameter tensor comes about.
    public struct Parameter: Sendable, Equatable {
        /// Its place in the network: `/layers/0/weights`.
        public let pointer: String
        /// The product it comes from.
        public let product: Equation

        /// Names a tensor and its product.
        public init(pointer: String, product: Equation) {
            self.pointer = pointer
            self.product = product
        }
    }

    /// The factors of one layer; n samples, u units.
    public struct Layer: Sendable, Equatable {
        /// The name of its activation.
        public let activation: String
        /// z: (n, u).
        public let preActivations: Tensor
        /// a: (n, u).
        public let activations: Tensor
        /// f′(z): (n, u), or for softmax ∂aⱼ/∂zₖ: (n, u, u).
        public let derivatives: Tensor
        /// ∂L/∂a: (n, u); infinite, on the wire null, where an output is saturated.
        public let activationGradients: Tensor
        /// δ = ∂L/∂z: (n, u).
        public let preActivationGradients: Tensor
        /// z by what the layer reads.
        public let z: Equation
        /// a by z.
        public let a: Equation
        /// Its weights and its bias.
        public let parameters: [Parameter]

        /// Puts the factors of a layer together.
        public init(
            activation: String, preActivations: Tensor, activations: Tensor, derivatives: Tensor,
            activationGradients: Tensor, preActivationGradients: Tensor, z: Equation, a: Equation,
            parameters: [Parameter]
        ) {
            self.activation = activation
            self.preActivations = preActivations
            self.activations = activations
            self.derivatives = derivatives
            self.activationGradients = activationGradients
            self.preActivationGradients = preActivationGradients
            self.z = z
            self.a = a
            self.parameters = parameters
        }
    }

    /// The two factors at the outputs, and their product; their numbers are the last layer's.
    public struct Output: Sendable, Equatable {
        /// ∂L/∂a.
        public let activationGradient: Equation
        /// ∂a/∂z.
        public let derivative: Equation
        /// ∂L/∂z.
        public let preActivationGradient: Equation
        /// What is to be said of outputs that are saturated; nil where none is.
        public let saturation: String?

        /// Puts the factors together.
        public init(
            activationGradient: Equation, derivative: Equation, preActivationGradient: Equation,
            saturation: String?
        ) {
            self.activationGradient = activationGradient
            self.derivative = derivative
            self.preActivationGradient = preActivationGradient
            self.saturation = saturation
        }
    }

    /// The language of the texts: `en` or `zh`.
    public let language: String
    /// How the rest is to be read.
    public let text: String
    /// What is to be known at the outputs.
    public let output: Output
    /// One for each layer, first to last.
    public let layers: [Layer]

    /// Makes an explanation.
    public init(language: String, text: String, output: Output, layers: [Layer]) {
        self.language = language
        self.text = text
        self.output = output
        self.layers = layers
    }
}

extension GradientsExplanation {
    /// How many numbers its tensors have.
    var numberCount: Int {
        layers.reduce(0) { count, layer in
            count + layer.preActivations.count + layer.activations.count + layer.derivatives.count
                + layer.activationGradients.count + layer.preActivationGradients.count
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("language", language)
        writer.field("text", text)
        writer.key("output")
        output.write(to: &writer)
        writer.key("layers")
        writer.beginArray()
        for layer in layers { layer.write(to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    init(reading value: JSONValue, as dtype: DType) throws {
        let object = try value.anyObject()
        self.init(
            language: try object.read("language") { try $0.string() },
            text: try object.read("text") { try $0.string() },
            output: try object.read("output") { try Output(reading: $0) },
            layers: try object.read("layers") { layers in
                try layers.list { try Layer(reading: $0, as: dtype) }
            })
    }
}

extension GradientsExplanation.Equation {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("formula", formula)
        writer.field("latex", latex)
        writer.field("text", text)
        writer.endObject()
    }

    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        self.init(
            formula: try object.read("formula") { try $0.string() },
            latex: try object.read("latex") { try $0.string() },
            text: try object.read("text") { try $0.string() })
    }
}

extension GradientsExplanation.Output {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("activation_gradient")
        activationGradient.write(to: &writer)
        writer.key("derivative")
        derivative.write(to: &writer)
        writer.key("pre_activation_gradient")
        preActivationGradient.write(to: &writer)
        writer.field("saturation", saturation)
        writer.endObject()
    }

    fileprivate init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        func equation(_ name: StaticString) throws -> GradientsExplanation.Equation {
            try object.read(name) { try GradientsExplanation.Equation(reading: $0) }
        }
        self.init(
            activationGradient: try equation("activation_gradient"),
            derivative: try equation("derivative"),
            preActivationGradient: try equation("pre_activation_gradient"),
            saturation: try object.readIfPresent("saturation") { try $0.string() })
    }
}

extension GradientsExplanation.Layer {
    /// Nested arrays always: there are few numbers, and some may be null.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("activation", activation)
        for (name, tensor) in [
            ("pre_activations", preActivations), ("activations", activations),
            ("derivatives", derivatives), ("activation_gradients", activationGradients),
            ("pre_activation_gradients", preActivationGradients),
        ] as [(StaticString, Tensor)] {
            writer.key(name)
            tensor.write(to: &writer)
        }
        for (name, equation) in [("z", z), ("a", a)]
            as [(StaticString, GradientsExplanation.Equation)]
        {
            writer.key(name)
            equation.write(to: &writer)
        }
        writer.key("parameters")
        writer.beginArray()
        for parameter in parameters {
            writer.beginObject()
            writer.field("pointer", parameter.pointer)
            writer.key("product")
            parameter.product.write(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    fileprivate init(reading value: JSONValue, as dtype: DType) throws {
        let object = try value.anyObject()
        func tensor(_ name: StaticString) throws -> Tensor {
            try object.read(name) { try Tensor(reading: $0, as: dtype) }
        }
        self.init(
            activation: try object.read("activation") { try $0.string() },
            preActivations: try tensor("pre_activations"),
            activations: try tensor("activations"), derivatives: try tensor("derivatives"),
            activationGradients: try object.read("activation_gradients") {
                try Tensor(readingWithGaps: $0, as: dtype)
            },
            preActivationGradients: try tensor("pre_activation_gradients"),
            z: try object.read("z") { try GradientsExplanation.Equation(reading: $0) },
            a: try object.read("a") { try GradientsExplanation.Equation(reading: $0) },
            parameters: try object.read("parameters") { parameters in
                try parameters.list { parameter in
                    let fields = try parameter.anyObject()
                    return GradientsExplanation.Parameter(
                        pointer: try fields.read("pointer") { try $0.string() },
                        product: try fields.read("product") {
                            try GradientsExplanation.Equation(reading: $0)
                        })
                }
            })
    }
}

extension Tensor {
    /// Reads rows of numbers, of which some may be null: they become infinite, their signs lost.
    fileprivate init(readingWithGaps value: JSONValue, as dtype: DType) throws {
        let rows = try value.list { row in
            try row.list { $0.isNull ? Double.infinity : try $0.double() }
        }
        let width = rows.first?.count ?? 0
        self = try Tensor(rows.flatMap(\.self), shape: Shape([rows.count, width]))
            .converted(to: dtype)
    }
}
