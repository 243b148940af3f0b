"""A network in the form of the wire, run by PyTorch's own functions in float64."""

from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": lambda z, negative_slope=0.01: F.leaky_relu(z, negative_slope),
    "elu": lambda z, alpha=1.0: F.elu(z, alpha),
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "softmax": lambda z: F.softmax(z, dim=-1),
}
PARAMETERS = ("weights", "bias")
STATISTICS = ("running_mean", "running_variance")


def tensor(values) -> Tensor:
    """Nested lists as a float64 tensor."""
    return torch.tensor(values, dtype=torch.float64)


def activate(activation, z: Tensor) -> Tensor:
    """Applies an activation of the wire: a name, or an object with settings; None for none."""
    if activation is None:
        return z
    if isinstance(activation, str):
        return ACTIVATIONS[activation](z)
    settings = {key: value for key, value in activation.items() if key != "type"}
    return ACTIVATIONS[activation["type"]](z, **settings)


def is_named(activation, name: str) -> bool:
    """Whether an activation of the wire is the one of that name."""
    return name == (activation if isinstance(activation, str) else (activation or {}).get("type"))


@dataclass
class Pass:
    """What a forward pass gives."""

    activations: list[Tensor]
    """Each layer's output: (n, ...)."""
    logits: Tensor
    """The last layer's output before its activation."""

    @property
    def outputs(self) -> Tensor:
        return self.activations[-1]


class Network:
    """The layers of a wire network with their numbers as PyTorch tensors."""

    def __init__(self, wire: dict):
        self.wire = wire
        self.layers = wire["layers"]
        self.parameters = [
            {key: tensor(layer[key]).requires_grad_() for key in PARAMETERS if key in layer}
            for layer in self.layers
        ]
        self.statistics = [
            {key: tensor(layer[key]) for key in STATISTICS if key in layer}
            for layer in self.layers
        ]

    @property
    def takes_tokens(self) -> bool:
        """Whether the inputs are whole numbers, which have no gradient."""
        return self.layers[0].get("type") == "embedding"

    def flat_parameters(self) -> list[Tensor]:
        """All parameters, in the order of `per_layer`."""
        return [value for layer in self.parameters for value in layer.values()]

    def per_layer(self, values: list[Tensor]) -> list[dict[str, Tensor]]:
        """Puts values in the order of `flat_parameters` back into one object a layer."""
        rest = iter(values)
        return [{key: next(rest) for key in layer} for layer in self.parameters]

    def run(self, inputs: Tensor, training: bool) -> Pass:
        """The forward pass; with `training`, running statistics are updated on the way."""
        outputs, activations = {"input": inputs}, []
        previous, logits = inputs, inputs
        for index, layer in enumerate(self.layers):
            read = [outputs[name] for name in layer["inputs"]] if "inputs" in layer else [previous]
            logits = self.before_activation(index, read, training)
            previous = activate(layer.get("activation"), logits)
            activations.append(previous)
            if "name" in layer:
                outputs[layer["name"]] = previous
        return Pass(activations, logits)

    def before_activation(self, index: int, read: list[Tensor], training: bool) -> Tensor:
        """A layer's output before its activation."""
        layer, values, x = self.layers[index], self.parameters[index], read[0]
        weights, bias = values.get("weights"), values.get("bias")
        stride, padding = layer.get("stride"), layer.get("padding", 0)
        match layer.get("type", "dense"):
            case "dense":
                return F.linear(x, weights, bias)
            case "activation" | "dropout" as kind:
                # Dropout does nothing in inference, and there is no case with it in training.
                assert kind == "activation" or not training
                return x
            case "conv2d":
                return F.conv2d(x, weights, bias, pair(stride or 1), pair(padding))
            case "max_pool2d":
                size = pair(layer["kernel_size"])
                return F.max_pool2d(x, size, pair(stride or size), pair(padding))
            case "average_pool2d":
                size = pair(layer["kernel_size"])
                return F.avg_pool2d(x, size, pair(stride or size), pair(padding))
            case "batch_normalization":
                state = self.statistics[index]
                return F.batch_norm(
                    x, state["running_mean"], state["running_variance"], weights, bias, training,
                    layer.get("momentum", 0.1), layer.get("epsilon", 1e-5))
            case "layer_normalization":
                return F.layer_norm(x, x.shape[1:], weights, bias, layer.get("epsilon", 1e-5))
            case "flatten":
                return torch.flatten(x, 1)
            case "reshape":
                return x.reshape(x.shape[0], *layer["shape"])
            case "embedding":
                return F.embedding(x.long(), weights)
            case "add":
                return reduce(torch.add, read)
            case "multiply":
                return reduce(torch.mul, read)
            case "concatenate":
                return torch.cat(read, 1)
            case other:
                raise ValueError(f"unknown layer type {other}")

    def last_activation_is(self, name: str) -> bool:
        """Whether the outputs come out of that activation, so that a loss may be fused with it."""
        return is_named(self.layers[-1].get("activation"), name)

    def to_wire(self) -> dict:
        """The network as it was given, with its numbers as they are now."""
        layers = []
        for layer, values, state in zip(self.layers, self.parameters, self.statistics):
            numbers = {key: value.tolist() for key, value in {**values, **state}.items()}
            layers.append({**layer, **numbers})
        return {**self.wire, "layers": layers}


def pair(value) -> tuple[int, int]:
    """A size of the wire, a number or [height, width], as (height, width)."""
    return (value, value) if isinstance(value, int) else tuple(value)
