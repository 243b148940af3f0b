"""Small work that Nabla's program does too; prints one line of JSON.

    small.py digits-numpy --data FILE --batch B --repeats R
    small.py gradients-torch --threads T --repeats R
    small.py networks-torch|networks-functional --threads T --repeats R

digits trains 64-32-10 (ReLU, cross entropy, SGD at 0.1, float32) on the table for 50 epochs.
gradients computes those of 784-128-10 over 256 samples in float64, again and again. networks
computes the gradients of a thousand different tiny networks in float64, one after another: as
modules, or, with less to make for each, as functions of tensors.
"""

import statistics
import time
from types import SimpleNamespace

import numpy as np

from problems import Drawing, digits, flags, report
from train import numpy_epochs


def digits_numpy(options):
    """The seconds of 50 epochs and the last one's loss."""
    inputs, classes = digits(options.data)
    drawing = Drawing(3)
    layers = [[part.astype(np.float32) for part in drawing.layer(*shape)]
              for shape in ((64, 32), (32, 10))]
    data = SimpleNamespace(inputs=inputs, classes=classes, layers=layers)
    seconds = []
    for _ in range(options.repeats + 1):
        train = numpy_epochs(data, options.batch, rate=0.1)
        start = time.perf_counter()
        for epoch in range(50):
            loss = train(np.random.default_rng(1000 + epoch).permutation(len(classes)))
        seconds.append(time.perf_counter() - start)
    report(options, seconds_median=statistics.median(seconds[1:]), last_loss=loss)


def gradients_torch(options):
    """The milliseconds of one computation, and the first number of the last bias's gradient."""
    import torch
    from torch import nn

    torch.set_num_threads(options.threads)
    drawing = Drawing(42)
    inputs = torch.from_numpy(drawing.numbers(256 * 784, 1).reshape(256, 784))
    classes = torch.arange(256) % 10
    network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)).double()
    with torch.no_grad():
        for module, shape in ((network[0], (784, 128)), (network[2], (128, 10))):
            weights, bias = drawing.layer(*shape)
            module.weight.copy_(torch.from_numpy(weights))
            module.bias.copy_(torch.from_numpy(bias))
    parameters = list(network.parameters())
    loss_of = nn.CrossEntropyLoss()
    times = []
    for _ in range(10 + 20 * options.repeats):
        start = time.perf_counter()
        gradients = torch.autograd.grad(loss_of(network(inputs), classes), parameters)
        times.append(time.perf_counter() - start)
    report(options, milliseconds_median=statistics.median(times[10:]) * 1000,
           last_loss=gradients[3][0].item())


def tiny_networks(count):
    """(weights, bias) of both layers, whether tanh is between them, and inputs, for each."""
    drawing = Drawing(7)
    for index in range(count):
        inputs, units = 2 + index % 3, 2 + index // 3 % 3
        layers = [drawing.layer(inputs, units), drawing.layer(units, 1)]
        yield layers, index // 9 % 2 == 1, drawing.numbers(4 * inputs, 1).reshape(4, inputs)


def networks_torch(options):
    """The milliseconds of all networks, and the sum of their losses."""
    import torch
    from torch import nn

    torch.set_num_threads(options.threads)
    networks = list(tiny_networks(1000))
    targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)

    def linear(weights, bias):
        module = nn.Linear(*weights.shape[::-1], dtype=torch.float64)
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(weights))
            module.bias.copy_(torch.from_numpy(bias))
        return module

    def one_module(layers, is_tanh, inputs):
        network = nn.Sequential(
            linear(*layers[0]), nn.Tanh() if is_tanh else nn.Sigmoid(),
            linear(*layers[1]), nn.Sigmoid())
        loss = nn.functional.binary_cross_entropy(network(torch.from_numpy(inputs)), targets)
        loss.backward()
        return loss.item()

    def one_function(layers, is_tanh, inputs):
        (weights1, bias1), (weights2, bias2) = layers
        parameters = [torch.from_numpy(part).requires_grad_()
                      for part in (weights1, bias1, weights2, bias2)]
        hidden = nn.functional.linear(torch.from_numpy(inputs), *parameters[:2])
        hidden = torch.tanh(hidden) if is_tanh else torch.sigmoid(hidden)
        z = nn.functional.linear(hidden, *parameters[2:])
        loss = nn.functional.binary_cross_entropy_with_logits(z, targets)
        torch.autograd.grad(loss, parameters)
        return loss.item()

    one = one_module if options.implementation == "networks-torch" else one_function
    times = []
    for _ in range(options.repeats + 1):
        start = time.perf_counter()
        total = sum(one(*network) for network in networks)
        times.append(time.perf_counter() - start)
    report(options, milliseconds_median=statistics.median(times[1:]) * 1000, last_loss=total)


WORK = {"digits-numpy": digits_numpy, "gradients-torch": gradients_torch,
        "networks-torch": networks_torch, "networks-functional": networks_torch}


def main():
    options = flags(__doc__.splitlines()[0], list(WORK))
    WORK[options.implementation](options)


if __name__ == "__main__":
    main()
