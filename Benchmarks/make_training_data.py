"""Writes the samples and initial parameters that all training contenders read.

    make_training_data.py FOLDER

inputs.f32 holds 60,000 × 784 numbers in [0, 1), classes.i32 the 60,000 classes (0–9) that a random
linear map gives them, so that there is something to learn, and parameters.f32 the initial weights
(128 × 784), bias (128), weights (10 × 128) and bias (10), uniform in ±1/√inputs. All are raw,
little-endian and row-major, and the same every time. Needs NumPy.
"""

import sys
from pathlib import Path

import numpy as np


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(42)
    inputs = random.random((60_000, 784), dtype=np.float32)
    teacher = random.standard_normal((784, 10)).astype(np.float32)
    classes = ((inputs - 0.5) @ teacher).argmax(axis=1)
    random = np.random.default_rng(7)
    parameters = []
    for fan_in, units in ((784, 128), (128, 10)):
        bound = 1 / np.sqrt(fan_in)
        parameters.append(random.uniform(-bound, bound, (units, fan_in)).ravel())
        parameters.append(random.uniform(-bound, bound, units))
    classes.astype("<i4").tofile(folder / "classes.i32")
    np.concatenate(parameters).astype("<f4").tofile(folder / "parameters.f32")
    # The largest comes last: whoever finds it finds all three.
    inputs.astype("<f4").tofile(folder / "inputs.f32")


if __name__ == "__main__":
    main()
