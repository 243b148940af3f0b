"""Schedules, clipping, batches, weights and whole networks in training."""

from collections.abc import Iterator

from ..case import Case, train_case
from ..draw import Draw
from .losses import CLASS_WEIGHTS

SGD = {"type": "sgd", "learning_rate": 0.2, "momentum": 0.5}
SCHEDULES = {
    "constant": {"type": "constant"},
    "step": {"type": "step", "step_size": 3},
    "step-gamma": {"type": "step", "step_size": 2, "gamma": 0.5},
    "exponential": {"type": "exponential", "gamma": 0.8},
    "cosine": {"type": "cosine", "t_max": 8},
    "cosine-over": {"type": "cosine", "t_max": 3, "eta_min": 0.02},
    "constant-warmup": {"type": "constant", "warmup_epochs": 3},
    "step-warmup": {"type": "step", "step_size": 2, "gamma": 0.5, "warmup_epochs": 2},
    "exponential-warmup": {"type": "exponential", "gamma": 0.7, "warmup_epochs": 1},
    "cosine-warmup": {"type": "cosine", "t_max": 5, "eta_min": 0.01, "warmup_epochs": 3},
}
EPOCHS = 8


def cases() -> Iterator[Case]:
    for name, schedule in SCHEDULES.items():
        yield small(f"train-schedule-{name}", "stepped once an epoch", SGD, schedule=schedule)
    yield from plateaus()
    yield from clipping()
    yield from batches()
    yield from weights()
    yield from networks()


def small(
    name: str, about: str, optimizer: dict, epochs=EPOCHS, batch_size=4,
    loss="mean_squared_error", **fields
) -> Case:
    """A small dense network on any targets."""
    draw = Draw(name)
    return train_case(
        name, about, [draw.dense(2, 3, "tanh"), draw.dense(3, 2)], draw.samples(10, (2,), 2),
        loss, optimizer, epochs, batch_size, **fields)


def plateaus() -> Iterator[Case]:
    about = "on the epoch's training loss; threshold 1e-4, relative"
    # Rates so large that the loss rises again and again, and one so small that it hardly falls.
    for name, rate, settings in (
        ("plateau", 1.2, {"factor": 0.5, "patience": 0}),
        ("plateau-patience", 0.8, {"factor": 0.2, "patience": 2}),
        ("plateau-warmup", 1.2, {"factor": 0.5, "patience": 1, "warmup_epochs": 3}),
        ("plateau-threshold", 0.00001, {"factor": 0.5, "patience": 1}),
    ):
        yield small(
            f"train-schedule-{name}", about, {"type": "sgd", "learning_rate": rate}, epochs=14,
            schedule={"type": "reduce_on_plateau", **settings})


def clipping() -> Iterator[Case]:
    yield small("train-clip-norm", "some steps are clipped", SGD, clip_norm=0.5)
    yield small("train-clip-value", "some entries are clipped", SGD, clip_value=0.1)
    yield small("train-clip-both", "the norm first", SGD, clip_norm=0.6, clip_value=0.15)
    adam = {"type": "adam", "learning_rate": 0.05}
    yield small("train-clip-norm-adam", "before the optimizer", adam, clip_norm=0.3)


def batches() -> Iterator[Case]:
    yield small("train-drop-last", "the last two samples are never seen", SGD, drop_last=True)
    yield small("train-full-batch", "one step an epoch", SGD, batch_size=10)
    yield small("train-large-batch", "a batch larger than all samples", SGD, batch_size=64)
    yield small("train-single-samples", "batches of one sample", SGD, batch_size=1, epochs=3)
    slow = {"type": "sgd", "learning_rate": 0.01}
    yield small(
        "train-sum", "steps along the sum; the epoch's loss is the mean of the samples'", slow,
        loss={"type": "mean_squared_error", "reduction": "sum"})


def weights() -> Iterator[Case]:
    name = "train-sample-weights"
    draw = Draw(name)
    yield train_case(
        name, "a step's mean divides by its own batch's weights",
        [draw.dense(2, 3, "tanh"), draw.dense(3, 2)],
        draw.samples(10, (2,), 2) | {"weights": [0, *draw.numbers(9, low=0.1, high=3)]},
        "mean_squared_error", SGD, EPOCHS, 4)
    for name, loss, extra in (
        ("train-class-weights", {"class_weights": CLASS_WEIGHTS}, {}),
        (
            "train-class-and-sample-weights",
            {"class_weights": CLASS_WEIGHTS, "label_smoothing": 0.05},
            {"weights": Draw("weights").numbers(10, low=0.1, high=3)},
        ),
    ):
        draw = Draw(name)
        yield train_case(
            name, "a step's mean divides by its own batch's mass",
            [draw.dense(2, 4, "relu"), draw.dense(4, 3, "softmax")],
            {"inputs": draw.numbers(10, 2), "targets": draw.classes(10, 3), **extra},
            {"type": "cross_entropy", **loss}, SGD, EPOCHS, 4)


def networks() -> Iterator[Case]:
    yield from batch_normalizations()
    draw = Draw("train-convolutional")
    # Without the bias: batch normalisation makes its gradient 0, and Adam would divide rounding
    # errors by rounding errors.
    yield train_case(
        "train-convolutional", "convolution, poolings and batch normalisation, with Adam",
        [
            draw.conv2d(1, 2, 2, bias=False), draw.batch_normalization(2),
            {"type": "activation", "activation": "relu"},
            {"type": "max_pool2d", "kernel_size": 2, "stride": 1}, {"type": "flatten"},
            draw.dense(8, 2, "softmax"),
        ],
        {"inputs": draw.numbers(6, 1, 4, 4), "targets": draw.classes(6, 2)}, "cross_entropy",
        {"type": "adam", "learning_rate": 0.02}, 4, 3, input_shape=[1, 4, 4])
    draw = Draw("train-residual")
    yield train_case(
        "train-residual", "skip connections and layer normalisation, with AdamW",
        [
            draw.dense(2, 3, "tanh", name="stem"), draw.layer_normalization(3),
            draw.dense(3, 3, "gelu", name="inner"),
            {"type": "add", "inputs": ["stem", "inner"], "name": "sum"},
            {"type": "concatenate", "inputs": ["sum", "input"]}, draw.dense(5, 1, "sigmoid"),
        ],
        {"inputs": draw.numbers(9, 2), "targets": [0, 1, 1, 0, 1, 0, 0, 1, 1]},
        "binary_cross_entropy", {"type": "adamw", "learning_rate": 0.02}, 5, 4)
    draw = Draw("train-embedding")
    yield train_case(
        "train-embedding", "rows of tokens that a batch doesn't have move by momentum alone",
        [draw.embedding(5, 2), {"type": "flatten"}, draw.dense(6, 2)],
        {
            "inputs": [[0, 1, 1], [2, 0, 1], [4, 4, 2], [0, 0, 4], [1, 2, 0]],
            "targets": draw.numbers(5, 2),
        },
        "mean_squared_error", SGD, 4, 2, input_shape=[3])


def batch_normalizations() -> Iterator[Case]:
    name = "train-batch-normalization"
    draw = Draw(name)
    yield train_case(
        name, "features; the running statistics are in the final network",
        [
            draw.dense(2, 3), draw.batch_normalization(3),
            {"type": "activation", "activation": "tanh"}, draw.dense(3, 2),
        ],
        draw.samples(10, (2,), 2), "mean_squared_error", SGD, 5, 4)
    name = "train-batch-normalization-channels"
    draw = Draw(name)
    yield train_case(
        name, "channels, with momentum and epsilon of its own; the last batch is smaller",
        [
            draw.conv2d(1, 2, 2), draw.batch_normalization(2, momentum=0.3, epsilon=1e-3),
            {"type": "flatten"}, draw.dense(8, 1),
        ],
        draw.samples(5, (1, 3, 3), 1), "mean_squared_error",
        {"type": "sgd", "learning_rate": 0.05}, 4, 2, input_shape=[1, 3, 3])
