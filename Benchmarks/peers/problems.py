"""What the training peers share: samples and initial parameters that Nabla has too, flags, figures."""

import argparse
import json
from pathlib import Path

import numpy as np

LEARNING_RATE = 0.01


class Data:
    """60,000 × 784 samples and the initial (weights, bias) of 784-128-10."""

    def __init__(self, folder, samples):
        self.inputs = np.fromfile(folder / "inputs.f32", np.float32, samples * 784)
        self.inputs = self.inputs.reshape(-1, 784)
        self.classes = np.fromfile(folder / "classes.i32", np.int32, samples).astype(np.int64)
        flat = np.fromfile(folder / "parameters.f32", np.float32)
        pieces = np.split(flat, np.cumsum([128 * 784, 128, 10 * 128]))
        self.layers = [(pieces[0].reshape(128, 784), pieces[1]),
                       (pieces[2].reshape(10, 128), pieces[3])]

    def order(self, epoch):
        """The order in which an epoch visits the samples."""
        return np.random.default_rng(1000 + epoch).permutation(len(self.classes))


class Drawing:
    """The numbers of Nabla's `Drawing` (Benchmarks/Training/Measures.swift), one for one."""

    def __init__(self, seed):
        self.state = seed

    def numbers(self, count, bound):
        """So many numbers in [−bound, bound)."""
        drawn = np.empty(count)
        for index in range(count):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            drawn[index] = (2 * (self.state >> 40) / 2**24 - 1) * bound
        return drawn

    def layer(self, inputs, units):
        """Weights (units, inputs) and bias, uniform in ±1/√inputs."""
        bound = 1 / np.sqrt(inputs)
        weights = self.numbers(units * inputs, bound).reshape(units, inputs)
        return weights, self.numbers(units, bound)


def digits(file):
    """The table of digits: pixels from 0 to 1 in float32, and classes."""
    table = np.loadtxt(file, np.float32, delimiter=",", skiprows=1)
    return np.ascontiguousarray(table[:, :64] / 16), table[:, 64].astype(np.int64)


def peak_mebibytes():
    """The most memory this process has held so far."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def flags(description, implementations):
    """The command line of a peer."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("implementation", choices=implementations)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=60_000, help="the most that are read")
    parser.add_argument("--repeats", type=int, default=1, help="trainings from the start")
    parser.add_argument("--dtype", choices=["f32", "f64"], default="f32")
    parser.add_argument("--steps", type=int, default=200_000, help="of xor")
    return parser.parse_args()


def report(options, **figures):
    """Prints one line of JSON, as Nabla's program does."""
    print(json.dumps({"impl": options.implementation, "batch": options.batch,
                      "threads": options.threads, **figures}))
