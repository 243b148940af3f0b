"""Every layer type, alone before a dense layer."""

from collections.abc import Iterator

from ..case import Case, gradients_case
from ..draw import Draw


def cases() -> Iterator[Case]:
    yield from images()
    yield from pools()
    yield from normalizations()
    yield from tokens()
    yield from shapes()
    yield from merges()


def after(name: str, about: str, layer, shape, width: int, count=3, **fields) -> Case:
    """Layers made by `layer`, over samples of `shape`, then a dense layer on their `width`."""
    draw = Draw(name)
    layers = layer(draw)
    flatten = [{"type": "flatten"}] if len(shape) > 1 else []
    return gradients_case(
        name, about, [*layers, *flatten, draw.dense(width, 2)], draw.samples(count, shape, 2),
        input_shape=shape, **fields)


def images() -> Iterator[Case]:
    yield after(
        "conv2d", "one size of kernel, stride and padding for both axes",
        lambda draw: [draw.conv2d(2, 3, 3, stride=2, padding=1, activation="tanh")],
        (2, 5, 5), 3 * 3 * 3)
    yield after(
        "conv2d-not-square", "image, kernel, stride and padding differ by axis; a rest is left",
        lambda draw: [draw.conv2d(2, 3, (3, 2), stride=[2, 3], padding=[2, 1])],
        (2, 6, 7), 3 * 4 * 3)
    yield after(
        "conv2d-defaults", "stride 1, no padding, no bias",
        lambda draw: [draw.conv2d(1, 2, (2, 3), bias=False)], (1, 4, 5), 2 * 3 * 3)
    yield after(
        "conv2d-one-by-one", "a kernel of one number, and one that covers the whole image",
        lambda draw: [draw.conv2d(3, 2, 1, activation="sigmoid"), draw.conv2d(2, 4, (3, 4))],
        (3, 3, 4), 4)


def pools() -> Iterator[Case]:
    for kind in ("max", "average"):
        layer = f"{kind}_pool2d"
        yield after(
            f"{kind}-pool2d", "the stride is the kernel's size; a row is left over",
            lambda draw: [{"type": layer, "kernel_size": 2}], (2, 5, 4), 2 * 2 * 2)
        yield after(
            f"{kind}-pool2d-padding", "overlapping windows that reach into the padding",
            lambda draw: [
                {"type": layer, "kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 0]}],
            (2, 5, 4), 2 * 3 * 3)
    tie = after(
        "max-pool2d-ties", "of equal largest numbers the first one of the window counts",
        lambda draw: [{"type": "max_pool2d", "kernel_size": 2}], (1, 4, 4), 4, count=2)
    tie.request["samples"]["inputs"] = [
        [[[1, 1, 0, 2], [1, 1, 2, 0], [-1, 0, 0.5, 0.5], [0, -2, -3, 0.5]]],
        [[[0, 0, 0, 0], [0, 0, 0, 0], [3, -3, -1, -2], [-3, 3, -1, -1]]],
    ]
    yield tie


def normalizations() -> Iterator[Case]:
    for training in (True, False):
        mode = "training" if training else "inference"
        yield after(
            f"batch-normalization-features-{mode}", f"a feature's statistics, in {mode}",
            lambda draw: [draw.dense(3, 4), draw.batch_normalization(4)], (3,), 4, count=5,
            training=training)
        yield after(
            f"batch-normalization-channels-{mode}", f"a channel's statistics, in {mode}",
            lambda draw: [
                draw.conv2d(1, 3, 2), draw.batch_normalization(3, epsilon=1e-3, momentum=0.3)],
            (1, 3, 4), 3 * 2 * 3, training=training)
    yield after(
        "batch-normalization-first", "straight on the inputs, in training",
        lambda draw: [draw.batch_normalization(3)], (3,), 3, count=4, training=True)
    yield after(
        "layer-normalization-features", "over a sample's features",
        lambda draw: [draw.dense(3, 5), draw.layer_normalization(5)], (3,), 5)
    yield after(
        "layer-normalization-image", "over all axes of a sample, with an epsilon of its own",
        lambda draw: [draw.layer_normalization(2, 3, 2, epsilon=0.01)], (2, 3, 2), 12)


def tokens() -> Iterator[Case]:
    draw = Draw("embedding-repeated-token")
    yield gradients_case(
        "embedding-repeated-token", "a token twice in a sample and again in others; one in none",
        [draw.embedding(5, 3), {"type": "flatten"}, draw.dense(12, 2)],
        {"inputs": [[0, 3, 3, 1], [1, 1, 1, 1], [4, 0, 3, 1]], "targets": draw.numbers(3, 2)},
        input_shape=[4])


def shapes() -> Iterator[Case]:
    draw = Draw("reshape-flatten")
    yield gradients_case(
        "reshape-flatten", "features become an image, and that features again",
        [
            draw.dense(3, 12, "tanh"), {"type": "reshape", "shape": [2, 2, 3]},
            draw.conv2d(2, 2, 2), {"type": "flatten"}, draw.dense(4, 2),
        ],
        draw.samples(3, (3,), 2))
    yield after(
        "softmax-last-axis", "a softmax over the last of a sample's axes",
        lambda draw: [
            {"type": "reshape", "shape": [3, 4]}, {"type": "activation", "activation": "softmax"},
            {"type": "flatten"}],
        (12,), 12)
    yield after(
        "dropout-inference", "dropout does nothing unless in training",
        lambda draw: [draw.dense(3, 4, "tanh"), {"type": "dropout", "rate": 0.5}], (3,), 4)


def merges() -> Iterator[Case]:
    for kind, width in (("add", 4), ("multiply", 4), ("concatenate", 12)):
        yield after(
            f"{kind}-features", "three layers of one width",
            lambda draw: [
                draw.dense(3, 4, "tanh", name="a"),
                draw.dense(3, 4, "sigmoid", name="b", inputs=["input"]),
                draw.dense(4, 4, name="c", inputs=["a"]),
                {"type": kind, "inputs": ["a", "b", "c"]}],
            (3,), width)
    yield after(
        "concatenate-channels", "images with different numbers of channels, one of them the input",
        lambda draw: [
            draw.conv2d(2, 3, 3, padding=1, name="wide"),
            draw.conv2d(2, 1, 1, name="narrow", inputs=["input"]),
            {"type": "concatenate", "inputs": ["wide", "input", "narrow"]}],
        (2, 3, 2), 6 * 6)
    yield after(
        "add-twice-the-same", "a layer that is read twice by one merge, and squared by another",
        lambda draw: [
            draw.dense(3, 4, "tanh", name="a"), {"type": "add", "inputs": ["a", "a"], "name": "2a"},
            {"type": "multiply", "inputs": ["2a", "2a"]}],
        (3,), 4)
