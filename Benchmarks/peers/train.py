"""Trains 784-128-10 (ReLU, cross entropy, SGD at 0.01, float32) and prints one line of JSON.

    train.py torch|torch-compiled|numpy --data FOLDER --batch B --threads T --epochs E --repeats R

The samples and the initial parameters are read from the folder that make_training_data.py writes.
Every epoch visits the samples in a new random order, each batch gathered by index, as a DataLoader
does. torch-compiled has network and loss compiled by torch.compile, forward and backward; its first
epoch, in which that happens, isn't counted.
"""

import statistics
import time

import numpy as np

from problems import LEARNING_RATE, Data, flags, peak_mebibytes, report


def numpy_epochs(data, batch, rate=LEARNING_RATE):
    """A function that trains an epoch by hand-written derivatives and returns its mean loss."""
    (weights1, bias1), (weights2, bias2) = [(w.copy(), b.copy()) for w, b in data.layers]
    rate = np.float32(rate)

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


def torch_epochs(data, batch, threads, compiled):
    """A function that trains an epoch in PyTorch and returns its mean loss."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    with torch.no_grad():
        flat = [parameters for layer in data.layers for parameters in layer]
        for parameters, initial in zip(network.parameters(), flat):
            parameters.copy_(torch.from_numpy(initial))
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    inputs, classes = torch.from_numpy(data.inputs), torch.from_numpy(data.classes)
    cross_entropy = nn.CrossEntropyLoss()

    def loss_of(x, y):
        return cross_entropy(network(x), y)

    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)

    def train(order):
        order = torch.from_numpy(order)
        total = torch.zeros((), dtype=torch.float64)
        for start in range(0, len(order), batch):
            chosen = order[start:start + batch]
            x, y = inputs[chosen], classes[chosen]
            optimizer.zero_grad()
            loss = loss_of(x, y)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(y)
        return total.item() / len(order)

    return train


def main():
    options = flags(__doc__.splitlines()[0], ["torch", "torch-compiled", "numpy"])
    data = Data(options.data, options.samples)
    compiled = options.implementation == "torch-compiled"
    seconds = []
    for _ in range(options.repeats):
        if options.implementation == "numpy":
            train = numpy_epochs(data, options.batch)
        else:
            train = torch_epochs(data, options.batch, options.threads, compiled)
        for epoch in range(options.epochs):
            order = data.order(epoch)
            start = time.perf_counter()
            loss = train(order)
            if not compiled or epoch > 0:
                seconds.append(time.perf_counter() - start)
    report(options, seconds_per_epoch_median=statistics.median(seconds),
           seconds_per_epoch_min=min(seconds), last_loss=loss, peak_mebibytes=peak_mebibytes())


if __name__ == "__main__":
    main()
