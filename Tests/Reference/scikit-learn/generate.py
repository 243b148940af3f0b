#!/usr/bin/env python3
"""Writes metrics.json: outputs, targets, and the metrics scikit-learn gives them.

With --check, says whether it would change it. Wants scikit-learn and NumPy: the file was written with
scikit-learn 1.9.1. Where scikit-learn gives no number, as for the area of a single class, there is none.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

FILE = Path(__file__).resolve().parent / "metrics.json"


def rounded(values):
    """Outputs with ties among them, which the area under the curve is about."""
    return np.round(values, 2)


def binary(generator, count, share):
    """One output a sample, a probability, and the class it should tell."""
    targets = (generator.random(count) < share).astype(int)
    outputs = rounded(np.clip(generator.normal(0.35 + 0.3 * targets, 0.25), 0, 1))
    predicted = (outputs >= 0.5).astype(int)
    found = {
        "accuracy": metrics.accuracy_score(targets, predicted),
        "precision": metrics.precision_score(targets, predicted, zero_division=0),
        "recall": metrics.recall_score(targets, predicted, zero_division=0),
        "f1": metrics.f1_score(targets, predicted, zero_division=0),
    }
    if len(set(targets)) == 2:
        found["auc"] = metrics.roc_auc_score(targets, outputs)
    return outputs[:, None], targets[:, None], False, found


def classes(generator, count, width, present):
    """An output a class, which add up to one, and the index of the class."""
    targets = generator.integers(0, present, count)
    scores = generator.normal(0, 1, (count, width)) + 1.5 * np.eye(width)[targets]
    outputs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    predicted = outputs.argmax(axis=1)
    found = {"accuracy": metrics.accuracy_score(targets, predicted)}
    for name, function in [("precision", metrics.precision_score),
                           ("recall", metrics.recall_score), ("f1", metrics.f1_score)]:
        found[name] = function(targets, predicted, average="macro", zero_division=0)
    if len(set(targets)) == width:
        found["auc"] = metrics.roc_auc_score(targets, outputs, multi_class="ovr", average="macro")
    return outputs, targets[:, None], True, found


def regression(generator, count, width, shift):
    """Numbers and what they should be."""
    targets = generator.normal(shift, 2, (count, width))
    outputs = targets + generator.normal(0, 1, (count, width))
    found = {"mean_absolute_error": metrics.mean_absolute_error(targets, outputs),
             "r2": metrics.r2_score(targets, outputs)}
    return outputs, targets, False, found


CASES = {
    "binary": lambda generator: binary(generator, 200, 0.4),
    "binary-rare": lambda generator: binary(generator, 300, 0.03),
    "binary-few": lambda generator: binary(generator, 6, 0.5),
    "binary-one-class": lambda generator: binary(generator, 20, 0.0),
    "classes": lambda generator: classes(generator, 250, 4, 4),
    "classes-absent": lambda generator: classes(generator, 100, 6, 4),
    "classes-two": lambda generator: classes(generator, 80, 3, 2),
    "regression": lambda generator: regression(generator, 120, 3, 0),
    "regression-far": lambda generator: regression(generator, 90, 1, 1000),
}


def case(name, build):
    """A case, drawn from a seed of its own."""
    generator = np.random.default_rng(list(name.encode()))
    outputs, targets, is_class, found = build(generator)
    return {"name": name, "is_class": is_class, "outputs": outputs.tolist(),
            "targets": targets.tolist(), "expected": {key: float(value) for key, value in found.items()}}


def main():
    warnings.simplefilter("error")
    text = "[\n" + ",\n".join(json.dumps(case(*item)) for item in CASES.items()) + "\n]\n"
    if "--check" in sys.argv[1:]:
        return int(not FILE.exists() or FILE.read_text() != text)
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
