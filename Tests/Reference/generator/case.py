"""A case: a request, and the file it becomes."""

import json
from dataclasses import dataclass, field

from . import gradients, training
from .draw import Draw
from .network import Network

LARGEST_FILE = 12 * 1024


@dataclass
class Case:
    """A request with what it is about; the answer is computed when it is asked for."""

    name: str
    about: str
    endpoint: str
    request: dict
    rtol: float
    atol: float
    notes: dict = field(default_factory=dict)

    def answer(self) -> dict:
        return ANSWERS[self.endpoint](self.request)

    def content(self) -> dict:
        """What the case's file says, with the answer."""
        return {
            "name": self.name, "about": self.about, **self.notes, "endpoint": self.endpoint,
            "request": self.request, "expected": self.answer(), "rtol": self.rtol,
            "atol": self.atol,
        }

    def text(self, content: dict) -> str:
        """That content as the file's text."""
        text = json.dumps(content, allow_nan=False) + "\n"
        if len(text) > LARGEST_FILE:
            raise ValueError(f"{self.name} has {len(text)} bytes")
        return text


ANSWERS = {"/gradients": gradients.answer, "/train": training.answer}


def gradients_case(
    name: str, about: str, layers: list[dict], samples: dict, loss="mean_squared_error",
    input_shape=None, include=(), **fields
) -> Case:
    """A request to /gradients.

    It asks for the outputs, for the inputs' gradients where inputs aren't tokens, and for what
    `include` names beside them. `vector`, where it is asked for, is drawn.
    """
    network = network_of(layers, input_shape)
    tokens = Network(network).takes_tokens
    include = ["outputs"] + ([] if tokens else ["input_gradients"]) + list(include)
    request = {"network": network, "loss": loss, "samples": samples, "dtype": "float64"}
    request |= {"include": include, **fields}
    if "hessian_vector_product" in include:
        request["vector"] = vector(network, Draw(f"{name} vector"))
    return Case(name, about, "/gradients", request, rtol=1e-9, atol=1e-12)


def vector(network: dict, draw: Draw) -> list[dict]:
    """A direction in the space of the parameters."""
    return [
        {key: draw.numbers(*value.shape) for key, value in layer.items()}
        for layer in Network(network).parameters
    ]


def train_case(
    name: str, about: str, layers: list[dict], samples: dict, loss, optimizer: dict,
    epochs: int, batch_size: int | None, input_shape=None, **fields
) -> Case:
    """A request to /train, without shuffling; PyTorch's call is noted beside it."""
    network = network_of(layers, input_shape)
    request = {"network": network, "loss": loss, "samples": samples, "dtype": "float64"}
    request |= {"optimizer": optimizer, "epochs": epochs}
    if batch_size is not None:
        request["batch_size"] = batch_size
    request |= {"shuffle": False, **fields}
    notes = {"torch": training.describe(optimizer)}
    return Case(name, about, "/train", request, rtol=1e-7, atol=1e-9, notes=notes)


def network_of(layers: list[dict], input_shape) -> dict:
    shape = {} if input_shape is None else {"input_shape": list(input_shape)}
    return {**shape, "layers": layers}
