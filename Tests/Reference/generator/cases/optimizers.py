"""Every optimizer with its settings."""

from collections.abc import Iterator

from ..case import Case, train_case
from ..draw import Draw

EPOCHS, COUNT, BATCH_SIZE = 6, 10, 4
VARIANTS = {
    "sgd": {"type": "sgd"},
    "sgd-momentum": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "sgd-dampening": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.8, "dampening": 0.3},
    "sgd-nesterov": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    "sgd-weight-decay": {"type": "sgd", "learning_rate": 0.2, "weight_decay": 0.05},
    "sgd-all": {
        "type": "sgd", "learning_rate": 0.05, "momentum": 0.7, "nesterov": True,
        "weight_decay": 0.02,
    },
    "adam": {"type": "adam"},
    "adam-weight-decay": {"type": "adam", "learning_rate": 0.02, "weight_decay": 0.05},
    "adam-amsgrad": {"type": "adam", "learning_rate": 0.05, "amsgrad": True},
    "adam-all": {
        "type": "adam", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4,
        "weight_decay": 0.01, "amsgrad": True,
    },
    "adamw": {"type": "adamw"},
    "adamw-all": {
        "type": "adamw", "learning_rate": 0.03, "beta1": 0.85, "beta2": 0.97, "epsilon": 1e-3,
        "weight_decay": 0.1, "amsgrad": True,
    },
    "rmsprop": {"type": "rmsprop"},
    "rmsprop-momentum": {"type": "rmsprop", "learning_rate": 0.01, "momentum": 0.6},
    "rmsprop-centered": {"type": "rmsprop", "alpha": 0.9, "centered": True},
    "rmsprop-weight-decay": {"type": "rmsprop", "weight_decay": 0.1},
    "rmsprop-all": {
        "type": "rmsprop", "learning_rate": 0.005, "alpha": 0.95, "epsilon": 1e-5,
        "momentum": 0.5, "centered": True, "weight_decay": 0.02,
    },
    "adagrad": {"type": "adagrad"},
    "adagrad-weight-decay": {
        "type": "adagrad", "learning_rate": 0.1, "epsilon": 1e-3, "weight_decay": 0.05,
    },
    "nadam": {"type": "nadam"},
    "nadam-all": {
        "type": "nadam", "learning_rate": 0.01, "beta1": 0.85, "beta2": 0.98, "epsilon": 1e-3,
        "weight_decay": 0.02, "momentum_decay": 0.01,
    },
    "lion": {"type": "lion"},
    "lion-all": {
        "type": "lion", "learning_rate": 0.01, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.1,
    },
}


def cases() -> Iterator[Case]:
    for name, optimizer in VARIANTS.items():
        name = f"train-{name}"
        draw = Draw(name)
        yield train_case(
            name, "the last batch of an epoch is smaller",
            [draw.dense(2, 3, "tanh"), draw.dense(3, 2)], draw.samples(COUNT, (2,), 2),
            "mean_squared_error", optimizer, EPOCHS, BATCH_SIZE)
    yield from lbfgs()


def lbfgs() -> Iterator[Case]:
    exponential = {"schedule": {"type": "exponential", "gamma": 0.5}}
    for name, loss, activation, rate, fields in (
        ("train-lbfgs", "mean_squared_error", None, 1, {}),
        ("train-lbfgs-slower", "binary_cross_entropy", "sigmoid", 0.5, {}),
        ("train-lbfgs-schedule", "mean_squared_error", "tanh", 0.8, exponential),
    ):
        draw = Draw(name)
        yield train_case(
            name, "full batch; an epoch is a step, its loss the step's first evaluation",
            [draw.dense(2, 3, "tanh"), draw.dense(3, 2, activation)],
            {
                "inputs": draw.numbers(COUNT, 2),
                "targets": draw.numbers(COUNT, 2, low=0.1, high=0.9),
            },
            loss, {"type": "lbfgs", "learning_rate": rate}, 3, None, **fields)
