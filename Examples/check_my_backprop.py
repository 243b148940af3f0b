#!/usr/bin/env python3
"""Holds a backpropagation of one's own against Nabla's and against differences of the loss.

    python3 Examples/check_my_backprop.py
    python3 Examples/check_my_backprop.py --mistake derivative

Put your own code in the place of `backpropagate`. What it gives is sent to POST /check, which says
tensor by tensor whether it is right, and if not, what the mistake looks like. `--mistake` plants one, to
show that. Exits with 1 where the gradients are wrong. Needs NumPy.

NABLA_SERVER says where the service is (http://127.0.0.1:8080 by default), NABLA_TOKEN is its token.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backpropagate(parameters, x, y, mistake=None):
    """The gradients of the mean cross-entropy of a two-layer sigmoid network.

    Args:
        parameters: ((w1, b1), (w2, b2)); weights are (units, inputs).
        x: The inputs, (n, inputs).
        y: The targets, (n, 1).
        mistake: What to get wrong.
    Returns: ((dw1, db1), (dw2, db2)), in the shapes of the parameters.
    """
    (w1, b1), (w2, b2) = parameters
    a1 = sigmoid(x @ w1.T + b1)
    a2 = sigmoid(a1 @ w2.T + b2)
    # The derivatives of loss and sigmoid, multiplied out; the loss is a mean, hence n.
    delta2 = (a2 - y) / len(x)
    delta1 = (delta2 @ w2) * a1 * (1 - a1)
    if mistake == "derivative":
        delta1 = delta2 @ w2
    elif mistake == "sum":
        delta2, delta1 = delta2 * len(x), delta1 * len(x)
    elif mistake == "sign":
        delta2, delta1 = -delta2, -delta1
    dw1, dw2 = delta1.T @ x, delta2.T @ a1
    if mistake == "transposed":
        dw1 = dw1.reshape(-1, order="F").reshape(dw1.shape)
    return (dw1, delta1.sum(axis=0)), (dw2, delta2.sum(axis=0))


def check(parameters, x, y, gradients):
    """What POST /check says of the gradients."""
    layers = [
        {"weights": w.tolist(), "bias": b.tolist(), "activation": "sigmoid"} for w, b in parameters
    ]
    body = {
        "network": {"layers": layers},
        "loss": "binary_cross_entropy",
        "samples": {"inputs": x.tolist(), "targets": y.tolist()},
        "gradients": [{"weights": w.tolist(), "bias": b.tolist()} for w, b in gradients],
    }
    headers = {"Content-Type": "application/json"}
    if "NABLA_TOKEN" in os.environ:
        headers["Authorization"] = "Bearer " + os.environ["NABLA_TOKEN"]
    request = urllib.request.Request(
        os.environ.get("NABLA_SERVER", "http://127.0.0.1:8080") + "/check",
        data=json.dumps(body).encode(),
        headers=headers,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())
    except urllib.error.URLError as error:
        sys.exit(f"The service can't be reached: {error.reason}")


parser = argparse.ArgumentParser(description="Checks a backpropagation in NumPy.")
parser.add_argument("--mistake", choices=["derivative", "sum", "sign", "transposed"])
mistake = parser.parse_args().mistake

random = np.random.default_rng(1)
x = random.normal(size=(20, 3))
y = (x.prod(axis=1, keepdims=True) > 0).astype(float)
parameters = tuple(
    (random.normal(size=(units, inputs)), random.normal(size=units))
    for inputs, units in [(3, 4), (4, 1)]
)

report = check(parameters, x, y, backpropagate(parameters, x, y, mistake))
for tensor in report["tensors"]:
    wrong, entries = tensor["failures"], tensor["entries"]
    finding = tensor.get("finding") or ("right" if wrong == 0 else "wrong")
    print(f"{tensor['pointer']}: {finding} ({wrong} of {entries} differ)")
if report["passes"]:
    print(f"The gradients are right: {report['max_relative_error']:.1e} is the largest relative error.")
else:
    print(f"The gradients are wrong: {report['diagnosis']}.")
    sys.exit(1)
