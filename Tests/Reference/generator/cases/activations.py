"""Every activation, in a hidden layer and in the last one."""

from collections.abc import Iterator

from ..case import Case, gradients_case
from ..draw import Draw
from ..network import ACTIVATIONS

WITH_SETTINGS = {
    "leaky_relu-slope": {"type": "leaky_relu", "negative_slope": 0.2},
    "elu-alpha": {"type": "elu", "alpha": 0.6},
}


def cases() -> Iterator[Case]:
    for name, activation in [(kind, kind) for kind in ACTIVATIONS] + [*WITH_SETTINGS.items()]:
        name = f"activation-{name.replace('_', '-')}"
        draw = Draw(name)
        yield gradients_case(
            name, "in a hidden layer and in the last one",
            [draw.dense(3, 4, activation), draw.dense(4, 3, activation)], draw.samples(4, (3,), 3))
    draw = Draw("activation-layers")
    yield gradients_case(
        "activation-layers", "activations as layers of their own, the last one a fused sigmoid",
        [
            draw.dense(3, 4), {"type": "activation", "activation": WITH_SETTINGS["elu-alpha"]},
            draw.dense(4, 4), {"type": "activation", "activation": "tanh"}, draw.dense(4, 2),
            {"type": "activation", "activation": "sigmoid"},
        ],
        {"inputs": draw.numbers(4, 3), "targets": [[0, 1], [1, 1], [0, 0], [1, 0]]},
        "binary_cross_entropy", include=["activations"])
