"""Trains 784-128-10 (ReLU, cross entropy, SGD at 0.01, float32) and prints one line of JSON.

    train.py torch|torch-slices|numpy --data FOLDER --batch B --threads T --epochs E --repeats R

The samples and the initial parameters are read from the folder that make_training_data.py writes.
Every epoch but those of torch-slices visits the samples in a new random order: `torch` gathers each
batch by index, as a DataLoader does, and `torch-slices` cuts contiguous ones, the least that
PyTorch can be asked to do.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

LEARNING_RATE = 0.01


class Data:
    """Samples, and the initial (weights, bias) of both layers."""

    def __init__(self, folder):
        self.inputs = np.fromfile(folder / "inputs.f32", np.float32).reshape(-1, 784)
        self.classes = np.fromfile(folder / "classes.i32", np.int32).astype(np.int64)
        flat = np.fromfile(folder / "parameters.f32", np.float32)
        pieces = np.split(flat, np.cumsum([128 * 784, 128, 10 * 128]))
        self.layers = [(pieces[0].reshape(128, 784), pieces[1]),
                       (pieces[2].reshape(10, 128), pieces[3])]

    def order(self, epoch):
        """The order in which an epoch visits the samples."""
        return np.random.default_rng(1000 + epoch).permutation(len(self.classes))


def numpy_epochs(data, batch):
    """A function that trains an epoch by hand-written derivatives and returns its mean loss."""
    (weights1, bias1), (weights2, bias2) = [(w.copy(), b.copy()) for w, b in data.layers]
    rate = np.float32(LEARNING_RATE)

    def train(order):
        total = 0.0
        for start in range(0, len(order), batch):
            chosen = order[start:start + batch]
            x, classes = data.inputs[chosen], data.classes[chosen]
            rows = np.arange(len(chosen))
            hidden = x @ weights1.T
            hidden += bias1
            np.maximum(hidden, 0, out=hidden)
            z = hidden @ weights2.T
            z += bias2
            z -= z.max(axis=1, keepdims=True)
            dz = np.exp(z)
            sums = dz.sum(axis=1, keepdims=True)
            total += float((np.log(sums[:, 0]) - z[rows, classes]).sum())
            dz /= sums
            dz[rows, classes] -= 1
            dz /= np.float32(len(chosen))
            d_hidden = dz @ weights2
            d_hidden *= hidden > 0
            for parameters, gradient in ((weights2, dz.T @ hidden), (bias2, dz.sum(axis=0)),
                                         (weights1, d_hidden.T @ x), (bias1, d_hidden.sum(axis=0))):
                gradient *= rate
                parameters -= gradient
        return total / len(order)

    return train


def torch_epochs(data, batch, threads, slices):
    """A function that trains an epoch in PyTorch, eagerly, and returns its mean loss."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    with torch.no_grad():
        flat = [parameters for layer in data.layers for parameters in layer]
        for parameters, initial in zip(network.parameters(), flat):
            parameters.copy_(torch.from_numpy(initial))
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    loss_of = nn.CrossEntropyLoss()
    inputs, classes = torch.from_numpy(data.inputs), torch.from_numpy(data.classes)

    def train(order):
        order = torch.from_numpy(order)
        total = torch.zeros((), dtype=torch.float64)
        for start in range(0, len(order), batch):
            chosen = slice(start, start + batch) if slices else order[start:start + batch]
            x, y = inputs[chosen], classes[chosen]
            optimizer.zero_grad()
            loss = loss_of(network(x), y)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(y)
        return total.item() / len(order)

    return train


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("implementation", choices=["torch", "torch-slices", "numpy"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1, help="trainings from the start")
    options = parser.parse_args()
    data = Data(options.data)
    seconds = []
    for _ in range(options.repeats):
        if options.implementation == "numpy":
            train = numpy_epochs(data, options.batch)
        else:
            slices = options.implementation == "torch-slices"
            train = torch_epochs(data, options.batch, options.threads, slices)
        for epoch in range(options.epochs):
            order = data.order(epoch)
            start = time.perf_counter()
            loss = train(order)
            seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "impl": options.implementation, "batch": options.batch, "threads": options.threads,
        "seconds_per_epoch_median": statistics.median(seconds),
        "seconds_per_epoch_min": min(seconds), "last_loss": loss,
    }))


if __name__ == "__main__":
    main()
