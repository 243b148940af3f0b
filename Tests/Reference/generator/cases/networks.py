"""Whole networks, the edges of activations, and saturated outputs."""

from collections.abc import Iterator

from ..case import Case, gradients_case
from ..draw import Draw


def cases() -> Iterator[Case]:
    yield residual()
    yield convolutional()
    yield classifier_of_tokens()
    yield flat_targets()
    yield kinks()
    yield from saturated()


def residual() -> Case:
    draw = Draw("network-residual")
    return gradients_case(
        "network-residual", "skip connections by name, over one block and over two",
        [
            draw.dense(3, 4, "tanh", name="stem"),
            draw.dense(4, 4, "relu", name="inner"),
            draw.dense(4, 4, name="outer"),
            {"type": "add", "inputs": ["stem", "outer"], "name": "block"},
            {"type": "activation", "activation": "silu", "name": "active"},
            draw.dense(4, 4, "sigmoid", name="gate", inputs=["stem"]),
            {"type": "multiply", "inputs": ["active", "gate"], "name": "gated"},
            {"type": "concatenate", "inputs": ["gated", "stem", "input"], "name": "all"},
            draw.dense(11, 3, "softmax"),
        ],
        {"inputs": draw.numbers(5, 3), "targets": draw.classes(5, 3)}, "cross_entropy")


def convolutional() -> Case:
    draw = Draw("network-convolutional")
    return gradients_case(
        "network-convolutional", "convolution, pooling and batch normalisation in training",
        [
            draw.conv2d(1, 3, 3, padding=1),
            draw.batch_normalization(3),
            {"type": "activation", "activation": "relu"},
            {"type": "max_pool2d", "kernel_size": 2},
            draw.conv2d(3, 2, 2, activation="gelu"),
            {"type": "average_pool2d", "kernel_size": [2, 1], "stride": 1},
            {"type": "flatten"},
            draw.dense(4, 3, "softmax"),
        ],
        {"inputs": draw.numbers(4, 1, 7, 6), "targets": draw.classes(4, 3)},
        {"type": "cross_entropy", "label_smoothing": 0.1}, input_shape=[1, 7, 6], training=True)


def classifier_of_tokens() -> Case:
    draw = Draw("network-embedding-classifier")
    return gradients_case(
        "network-embedding-classifier", "tokens, normalised and classified",
        [
            draw.embedding(6, 3), draw.layer_normalization(4, 3), {"type": "flatten"},
            draw.dense(12, 4, "gelu"), draw.dense(4, 1, "sigmoid"),
        ],
        {
            "inputs": [[5, 0, 2, 2], [1, 3, 3, 3], [0, 4, 5, 1], [2, 2, 0, 0]],
            "targets": [1, 0, 0, 1],
        },
        "binary_cross_entropy", input_shape=[4])


def flat_targets() -> Case:
    draw = Draw("flat-targets")
    return gradients_case(
        "flat-targets", "one output: n targets stand for (n, 1)",
        [draw.dense(3, 4, "tanh"), draw.dense(4, 1)],
        {"inputs": draw.numbers(4, 3), "targets": draw.numbers(4)})


def kinks() -> Case:
    draw = Draw("kinks-at-zero")
    kinds = [
        "relu", {"type": "leaky_relu", "negative_slope": 0.2}, {"type": "elu", "alpha": 0.5},
        "selu",
    ]
    branches = [
        {"type": "activation", "activation": kind, "name": f"at {index}", "inputs": ["input"]}
        for index, kind in enumerate(kinds)
    ]
    merged = [branch["name"] for branch in branches]
    return gradients_case(
        "kinks-at-zero", "PyTorch's slopes where an activation has two: at z = 0",
        [*branches, {"type": "concatenate", "inputs": merged}, draw.dense(12, 2)],
        {"inputs": [[0, 1, -1], [0, 0, 0.5], [-0.25, 0, 0]], "targets": draw.numbers(3, 2)},
        input_shape=[3])


def saturated() -> Iterator[Case]:
    logits = [-800, -745.2, -40, -36, 0, 36, 40, 745.2, 800]
    binary = {
        "inputs": [[z, z] for z in logits], "targets": [[0, 1]] * len(logits),
    }
    classes = {
        "inputs": [[1000, -1000, 0], [-1000, 1000, 999], [1000, 1000, -1000], [0, 0, 1000]],
        "targets": [1, 1, 0, 0],
    }
    draw = Draw("saturated")
    for suffix, last in (("", True), ("-with-logits", False)):
        loss = "_with_logits" if suffix else ""
        yield gradients_case(
            f"saturated-binary-cross-entropy{suffix}", "logits to 800, right and wrong",
            [
                {"weights": [[1, 0], [0, 1]], "bias": [0, 0]}
                | ({"activation": "sigmoid"} if last else {})
            ],
            binary, f"binary_cross_entropy{loss}")
        yield gradients_case(
            f"saturated-cross-entropy{suffix}", "logits to 1000, right and wrong",
            [
                {"weights": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "bias": [0.5, -0.25, 0]}
                | ({"activation": "softmax"} if last else {})
            ],
            classes, f"cross_entropy{loss}")
    yield gradients_case(
        "saturated-hidden-layers", "activations far out in their tails, in hidden layers",
        [draw.dense(2, 4, "sigmoid"), draw.dense(4, 3, "tanh"), draw.dense(3, 2, "softmax")],
        {"inputs": [[300, -500], [-700, 20], [15, 15], [-0.5, 900]], "targets": [0, 1, 1, 0]},
        "cross_entropy")
