"""Writes the request bodies that all servers are measured with, the same every time.

    make_bodies.py FOLDER

| file | network | samples | size |
| --- | --- | --- | --- |
| tiny.json | 2-2-1, sigmoid | XOR, 4 | 0.4 KB |
| medium.json | 64-32-10, ReLU and softmax | digits, 64 | 70 KB |
| large.json, large-float32.json | 784-128-10, ReLU and softmax | random, 256 | 6 MB |
| large-packed.json | the same | float32 in base64, asked for in the answer, too | 1.6 MB |
| batch.json | a thousand of tiny.json, for `POST /gradients/batch` | | 0.4 MB |
"""

import base64
import csv
import json
import struct
import sys
from itertools import islice
from pathlib import Path
from random import Random

DIGITS = Path(__file__).parent.parent / "Examples" / "data" / "digits.csv"


def network(random, sizes, activations):
    """Dense layers with weights of shape (units, inputs), all uniform in ±1/√inputs."""
    layers = []
    for inputs, units, activation in zip(sizes, sizes[1:], activations):
        bound = inputs ** -0.5
        layers.append({
            "weights": [[random.uniform(-bound, bound) for _ in range(inputs)]
                        for _ in range(units)],
            "bias": [random.uniform(-bound, bound) for _ in range(units)],
            "activation": activation,
        })
    return {"layers": layers}


def one_hot(digit):
    """The ten probabilities of a digit that is certain."""
    return [float(index == digit) for index in range(10)]


def tiny(random):
    return {
        "network": network(random, [2, 2, 1], ["sigmoid", "sigmoid"]),
        "loss": "binary_cross_entropy",
        "samples": {"inputs": [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]],
                    "targets": [[0.0], [1.0], [1.0], [0.0]]},
    }


def medium(random):
    with DIGITS.open(newline="") as file:
        rows = [[int(field) for field in row] for row in islice(csv.reader(file), 1, 65)]
    return {
        "network": network(random, [64, 32, 10], ["relu", "softmax"]),
        "loss": "cross_entropy",
        "samples": {"inputs": [[pixel / 16 for pixel in row[:-1]] for row in rows],
                    "targets": [one_hot(row[-1]) for row in rows]},
    }


def large(random):
    return {
        "network": network(random, [784, 128, 10], ["relu", "softmax"]),
        "loss": "cross_entropy",
        "samples": {"inputs": [[random.random() for _ in range(784)] for _ in range(256)],
                    "targets": [one_hot(random.randrange(10)) for _ in range(256)]},
    }


def shape(values):
    """The lengths of nested lists, the outermost first."""
    return [len(values), *shape(values[0])] if isinstance(values, list) else []


def flat(values):
    """The numbers of nested lists, the last axis fastest."""
    return [number for part in values for number in flat(part)] if isinstance(values, list) else [
        values]


def packed(value):
    """The value with every list of numbers as a float32 tensor in base64."""
    if isinstance(value, dict):
        return {key: packed(part) for key, part in value.items()}
    if not isinstance(value, list):
        return value
    if isinstance(value[0], dict):
        return [packed(part) for part in value]
    numbers = flat(value)
    text = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    return {"dtype": "float32", "shape": shape(value), "base64": text}


def write_bodies(folder):
    """Writes all bodies into the folder, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(2024)
    bodies = {"tiny": tiny(random), "medium": medium(random), "large": large(random)}
    bodies["large-float32"] = bodies["large"] | {"dtype": "float32"}
    bodies["large-packed"] = packed(bodies["large-float32"]) | {"encoding": "base64"}
    bodies["batch"] = {"requests": [bodies["tiny"]] * 1000}
    for name, body in bodies.items():
        (folder / f"{name}.json").write_text(json.dumps(body, separators=(",", ":")))


if __name__ == "__main__":
    write_bodies(Path(sys.argv[1]))
