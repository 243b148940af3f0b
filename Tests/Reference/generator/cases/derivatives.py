"""What can be asked for beside gradients, and gradients of some layers only."""

from collections.abc import Iterator

from ..case import Case, gradients_case
from ..draw import Draw
from .losses import SMOOTHED, WEIGHTED

PER_SAMPLE = ["per_sample_gradients"]
HESSIAN = ["hessian_vector_product"]
SMOOTH = ("sigmoid", "tanh", "gelu", "silu", "softplus", "softmax", "elu", "selu")


def cases() -> Iterator[Case]:
    yield from per_sample()
    yield from others()
    yield from hessians_of_layers()
    yield from hessians_of_losses()


def small_image_network(draw: Draw, *before_dense: dict) -> list[dict]:
    """A convolution of (1, 4, 3) to two channels of (3, 2), and a dense layer on it."""
    return [
        draw.conv2d(1, 2, 2, activation="tanh"), *before_dense, {"type": "flatten"},
        draw.dense(12, 2),
    ]


def per_sample() -> Iterator[Case]:
    draw = Draw("per-sample-dense")
    yield gradients_case(
        "per-sample-dense", "with weights of samples and classes, in the mean",
        [draw.dense(3, 4, "relu"), draw.dense(4, 3, "softmax")],
        {
            "inputs": draw.numbers(4, 3), "targets": draw.classes(4, 3),
            "weights": [0.5, 2, 1, 0.25],
        },
        {"type": "cross_entropy", **WEIGHTED}, include=PER_SAMPLE)
    draw = Draw("per-sample-sum")
    yield gradients_case(
        "per-sample-sum", "of a sum", [draw.dense(3, 2, "sigmoid"), draw.dense(2, 2)],
        draw.samples(3, (3,), 2), "huber", include=PER_SAMPLE, reduction="sum")
    draw = Draw("per-sample-conv2d")
    yield gradients_case(
        "per-sample-conv2d", "of convolution, normalisations in inference and a merge",
        [
            draw.conv2d(1, 2, 2, name="image"), draw.batch_normalization(2),
            {"type": "activation", "activation": "tanh"}, draw.layer_normalization(2, 3, 2),
            {"type": "max_pool2d", "kernel_size": 2, "stride": 1, "name": "pooled"},
            {"type": "average_pool2d", "kernel_size": 2, "stride": 1, "inputs": ["image"],
             "name": "averaged"},
            {"type": "multiply", "inputs": ["pooled", "averaged"]}, {"type": "flatten"},
            draw.dense(4, 2),
        ],
        draw.samples(3, (1, 4, 3), 2), input_shape=[1, 4, 3], include=PER_SAMPLE)
    draw = Draw("per-sample-embedding")
    yield gradients_case(
        "per-sample-embedding", "a sample's own rows of the embedding",
        [draw.embedding(4, 2), {"type": "flatten"}, draw.dense(6, 2)],
        {"inputs": [[0, 1, 1], [2, 2, 2], [3, 0, 1]], "targets": draw.numbers(3, 2)},
        input_shape=[3], include=PER_SAMPLE)


def others() -> Iterator[Case]:
    draw = Draw("norms-and-activations")
    yield gradients_case(
        "norms-and-activations", "norms of a layer without bias, and what every layer gives",
        [
            draw.conv2d(1, 2, 2, bias=False), {"type": "activation", "activation": "silu"},
            {"type": "flatten", "name": "features"}, draw.dense(12, 3, "gelu"),
            draw.dense(3, 2, "softmax"),
        ],
        {"inputs": draw.numbers(3, 1, 4, 3), "targets": draw.classes(3, 2)}, "cross_entropy",
        input_shape=[1, 4, 3], include=["norms", "activations"])
    for name, wrt in (("names", ["hidden", "last"]), ("indices", [0]), ("both", ["last", 1])):
        draw = Draw(f"wrt-{name}")
        yield gradients_case(
            f"wrt-{name}", "gradients of some layers only; norms and samples' gradients likewise",
            [
                draw.dense(3, 3, "tanh", name="first"), draw.dense(3, 4, "tanh", name="hidden"),
                {"type": "activation", "activation": "silu"}, draw.dense(4, 2, name="last"),
            ],
            draw.samples(3, (3,), 2), include=["norms", *PER_SAMPLE], wrt=wrt)


def hessians_of_layers() -> Iterator[Case]:
    draw = Draw("hvp-dense")
    yield gradients_case(
        "hvp-dense", "dense layers, with weights of the samples",
        [draw.dense(3, 4, "tanh"), draw.dense(4, 3, "sigmoid"), draw.dense(3, 2)],
        draw.samples(4, (3,), 2) | {"weights": [1, 0.5, 2, 0.25]}, include=HESSIAN)
    for activation in (*SMOOTH, "relu"):
        name = f"hvp-{activation}"
        draw = Draw(name)
        yield gradients_case(
            name, "in a hidden layer and in the last one",
            [draw.dense(3, 3, activation), draw.dense(3, 2, activation)], draw.samples(4, (3,), 2),
            include=HESSIAN)
    draw = Draw("hvp-conv2d")
    yield gradients_case(
        "hvp-conv2d", "convolution and both poolings",
        [
            draw.conv2d(1, 2, 2, activation="tanh", padding=1),
            {"type": "average_pool2d", "kernel_size": 2, "stride": 1, "padding": 1},
            draw.conv2d(2, 2, 2, stride=[2, 1], activation="silu"),
            {"type": "max_pool2d", "kernel_size": [1, 2]}, {"type": "flatten"}, draw.dense(12, 2),
        ],
        draw.samples(3, (1, 4, 3), 2), input_shape=[1, 4, 3], include=HESSIAN)
    for training in (True, False):
        name = f"hvp-batch-normalization-{'training' if training else 'inference'}"
        draw = Draw(name)
        yield gradients_case(
            name, "of features and of channels",
            small_image_network(draw, draw.batch_normalization(2))
            + [draw.batch_normalization(2), draw.dense(2, 2, "tanh")],
            draw.samples(4, (1, 4, 3), 2), input_shape=[1, 4, 3], include=HESSIAN,
            training=training)
    draw = Draw("hvp-layer-normalization")
    yield gradients_case(
        "hvp-layer-normalization", "of an image and of features",
        small_image_network(draw, draw.layer_normalization(2, 3, 2))
        + [draw.layer_normalization(2), draw.dense(2, 2, "tanh")],
        draw.samples(3, (1, 4, 3), 2), input_shape=[1, 4, 3], include=HESSIAN)
    draw = Draw("hvp-merges")
    yield gradients_case(
        "hvp-merges", "a graph with all three merges",
        [
            draw.dense(3, 3, "tanh", name="a"), draw.dense(3, 3, "sigmoid", name="b"),
            {"type": "multiply", "inputs": ["a", "b"], "name": "product"},
            {"type": "add", "inputs": ["product", "input", "a"], "name": "sum"},
            {"type": "concatenate", "inputs": ["sum", "b"]}, draw.dense(6, 2),
        ],
        draw.samples(3, (3,), 2), include=HESSIAN)
    draw = Draw("hvp-embedding")
    yield gradients_case(
        "hvp-embedding", "tokens, one of them repeated",
        [draw.embedding(4, 2), {"type": "flatten"}, draw.dense(6, 3, "tanh"), draw.dense(3, 2)],
        {"inputs": [[0, 1, 1], [2, 0, 2]], "targets": draw.numbers(2, 2)}, input_shape=[3],
        include=HESSIAN)


def hessians_of_losses() -> Iterator[Case]:
    shares = [[0.2, 0.8], [1, 0], [0.5, 0.5]]
    everything = SMOOTHED | {"class_weights": [0.5, 2]}
    for name, loss, activation, targets in (
        ("softmax-cross-entropy", "cross_entropy", "softmax", [0, 1, 1]),
        ("cross-entropy-all", {"type": "cross_entropy", **everything}, "softmax", [0, 1, 1]),
        ("cross-entropy-shares", "cross_entropy_with_logits", None, shares),
        ("binary-cross-entropy", "binary_cross_entropy", "sigmoid", shares),
        ("huber", {"type": "huber", "delta": 0.8}, None, [[0.1, 2], [-1, 0.3], [0.5, -3]]),
        ("mean-absolute-error", "mean_absolute_error", None, shares),
        ("hinge", "hinge", None, [[-1, 1], [1, -1], [1, 1]]),
        ("kl-divergence", "kl_divergence", "softmax", shares),
        ("poisson", "poisson", "softplus", [[0, 2], [1, 1], [3, 0]]),
    ):
        name = f"hvp-loss-{name}"
        draw = Draw(name)
        yield gradients_case(
            name, "after a hidden layer", [draw.dense(3, 3, "tanh"), draw.dense(3, 2, activation)],
            {"inputs": draw.numbers(3, 3), "targets": targets}, loss, include=HESSIAN)
    yield gradients_case(
        "hvp-saturated", "logits to 800 beside moderate ones",
        [{"weights": [[1, 0], [0, 1]], "bias": [0, 0], "activation": "sigmoid"}],
        {
            "inputs": [[800, -800], [-45, 45], [2, -0.5], [-750, 1], [1.5, 700]],
            "targets": [[1, 1], [1, 0], [0, 1], [0, 0], [1, 0]],
        },
        "binary_cross_entropy", include=HESSIAN)
    yield gradients_case(
        "hvp-saturated-softmax", "logits to 1000 beside moderate ones",
        [{
            "weights": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "bias": [0, 0, 0],
            "activation": "softmax",
        }],
        {
            "inputs": [[1000, -1000, 0], [1, 2, -1000], [0.5, -1, 1.5], [999, 1000, -1000]],
            "targets": [1, 0, 2, 2],
        },
        "cross_entropy", include=HESSIAN)
