"""Trains in JAX and prints one line of JSON.

    train_jax.py mnist --data FOLDER --batch B --threads T --epochs E --repeats R
    train_jax.py xor --dtype f32|f64 --steps N --repeats R

mnist is 784-128-10 (ReLU, cross entropy, SGD at 0.01, float32): an epoch is one compiled function,
`lax.scan` over the batches, which gathers them by index. xor is 2-2-1 (sigmoid, binary cross entropy,
SGD at 0.5) on the full batch: all steps are one `lax.fori_loop`. What is run first, and so compiled,
isn't counted.
"""

import os
import statistics
import time

import numpy as np

from problems import LEARNING_RATE, Data, flags, report

options = flags(__doc__.splitlines()[0], ["mnist", "xor"])
# XLA takes as many threads as the process may use cores, and asks once.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])

import jax  # noqa: E402
from jax import lax, numpy as jnp  # noqa: E402


def epochs(data, batch):
    """A function that trains an epoch and returns its mean loss."""
    inputs, classes = jnp.asarray(data.inputs), jnp.asarray(data.classes.astype(np.int32))
    count = len(data.classes)

    def loss_of(layers, x, y):
        (weights1, bias1), (weights2, bias2) = layers
        z = jax.nn.relu(x @ weights1.T + bias1) @ weights2.T + bias2
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1).mean()

    def step(layers, inputs, classes, chosen):
        loss, gradients = jax.value_and_grad(loss_of)(layers, inputs[chosen], classes[chosen])
        layers = jax.tree.map(lambda p, g: p - LEARNING_RATE * g, layers, gradients)
        return layers, loss * len(chosen)

    @jax.jit
    def whole_batches(layers, inputs, classes, orders):
        return lax.scan(
            lambda layers, chosen: step(layers, inputs, classes, chosen), layers, orders)

    last_batch = jax.jit(step)
    layers = [(jnp.asarray(w), jnp.asarray(b)) for w, b in data.layers]

    def train(order):
        nonlocal layers
        order = order.astype(np.int32)
        whole = count // batch * batch
        layers, losses = whole_batches(
            layers, inputs, classes, jnp.asarray(order[:whole].reshape(-1, batch)))
        total = losses.sum()
        if whole < count:
            layers, loss = last_batch(layers, inputs, classes, jnp.asarray(order[whole:]))
            total += loss
        jax.block_until_ready(layers)
        return float(total) / count

    return train


def mnist():
    """The seconds of an epoch and the last one's loss."""
    data = Data(options.data, options.samples)
    seconds = []
    for _ in range(options.repeats):
        train = epochs(data, options.batch)
        for epoch in range(options.epochs):
            order = data.order(epoch)
            start = time.perf_counter()
            loss = train(order)
            if epoch > 0:
                seconds.append(time.perf_counter() - start)
    report(options, seconds_per_epoch_median=statistics.median(seconds),
           seconds_per_epoch_min=min(seconds), last_loss=loss)


def xor():
    """The steps a second and the last loss."""
    jax.config.update("jax_enable_x64", options.dtype == "f64")
    dtype = np.float64 if options.dtype == "f64" else np.float32
    x = jnp.asarray(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype))
    y = jnp.asarray(np.array([[0], [1], [1], [0]], dtype))
    initial = tuple(jnp.asarray(np.array(values, dtype)) for values in (
        [[0.5, -0.4], [0.3, 0.6]], [0.1, -0.1], [[0.7, -0.5]], [0]))

    def loss_of(parameters):
        weights1, bias1, weights2, bias2 = parameters
        hidden = jax.nn.sigmoid(x @ weights1.T + bias1)
        output = jax.nn.sigmoid(hidden @ weights2.T + bias2)
        return -(y * jnp.log(output) + (1 - y) * jnp.log(1 - output)).mean()

    def step(_, state):
        loss, gradients = jax.value_and_grad(loss_of)(state[0])
        return tuple(p - 0.5 * g for p, g in zip(state[0], gradients)), loss

    train = jax.jit(lambda parameters: lax.fori_loop(
        0, options.steps, step, (parameters, jnp.zeros((), dtype))))
    rates = []
    for _ in range(options.repeats + 1):
        start = time.perf_counter()
        _, loss = jax.block_until_ready(train(initial))
        rates.append(options.steps / (time.perf_counter() - start))
    report(options, steps_per_second_median=statistics.median(rates[1:]), last_loss=float(loss))


if options.implementation == "mnist":
    mnist()
else:
    xor()
