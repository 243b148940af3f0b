"""Requests' numbers and layers, drawn from a seed of their own for each case."""

import random
from math import prod, sqrt


class Draw(random.Random):
    """Numbers of three decimals, so that the files stay small and are read exactly."""

    def number(self, low: float, high: float) -> float:
        return round(self.uniform(low, high), 3) + 0.0

    def numbers(self, *shape: int, low: float = -1.5, high: float = 1.5):
        """Nested lists of that shape."""
        if not shape:
            return self.number(low, high)
        return [self.numbers(*shape[1:], low=low, high=high) for _ in range(shape[0])]

    def weights(self, *shape: int):
        """Weights whose outputs are about as large as their inputs: (outputs, inputs, ...)."""
        bound = sqrt(3 / max(1, prod(shape[1:])))
        return self.numbers(*shape, low=-bound, high=bound)

    def classes(self, count: int, classes: int) -> list[int]:
        """Class indices, every class at least once where there are samples enough."""
        drawn = [index % classes for index in range(count)]
        self.shuffle(drawn)
        return drawn

    def shares(self, count: int, classes: int) -> list[list[float]]:
        """Shares of each class, with sum 1 up to rounding; the first sample has a share of 0."""
        rows = []
        for index in range(count):
            raw = [self.uniform(0.1, 1) for _ in range(classes)]
            if index == 0:
                raw[0] = 0
            rows.append([round(value / sum(raw), 3) for value in raw])
        return rows

    def dense(self, features: int, units: int, activation=None, bias=True, **fields) -> dict:
        layer = {"weights": self.weights(units, features)}
        if bias:
            layer["bias"] = self.numbers(units, low=-0.3, high=0.3)
        if activation is not None:
            layer["activation"] = activation
        return {**layer, **fields}

    def conv2d(self, channels: int, filters: int, kernel, bias=True, **fields) -> dict:
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        layer = {"type": "conv2d", "weights": self.weights(filters, channels, height, width)}
        if bias:
            layer["bias"] = self.numbers(filters, low=-0.3, high=0.3)
        return {**layer, **fields}

    def batch_normalization(self, channels: int, **fields) -> dict:
        return {
            "type": "batch_normalization",
            "weights": self.numbers(channels, low=0.5, high=1.5),
            "bias": self.numbers(channels, low=-0.5, high=0.5),
            "running_mean": self.numbers(channels, low=-0.5, high=0.5),
            "running_variance": self.numbers(channels, low=0.5, high=2),
            **fields,
        }

    def layer_normalization(self, *shape: int, **fields) -> dict:
        return {
            "type": "layer_normalization",
            "weights": self.numbers(*shape, low=0.5, high=1.5),
            "bias": self.numbers(*shape, low=-0.5, high=0.5),
            **fields,
        }

    def embedding(self, vocabulary: int, dimension: int, **fields) -> dict:
        return {"type": "embedding", "weights": self.numbers(vocabulary, dimension), **fields}

    def samples(self, count: int, shape: tuple[int, ...], outputs: int) -> dict:
        """Inputs and targets that are any numbers."""
        return {"inputs": self.numbers(count, *shape), "targets": self.numbers(count, outputs)}
