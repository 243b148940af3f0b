"""POST /gradients as a hand-tuned Python program: bare ASGI, orjson and NumPy.

No framework, no validation, the derivatives written by hand: about the least that Python can do.
Requests and responses have Nabla's form.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import orjson

HEADERS = [(b"content-type", b"application/json")]


def activate(z, activation):
    """The activations, computed in z's own memory."""
    if activation == "sigmoid":
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += 1
        np.reciprocal(z, out=z)
    elif activation == "relu":
        np.maximum(z, 0, out=z)
    elif activation == "softmax":
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)
    elif activation != "identity":
        raise ValueError(f"activation {activation} is unknown")
    return z


def pre_activation_gradient(a, a_gradient, activation):
    """∂L/∂z from a and ∂L/∂a."""
    if activation == "sigmoid":
        return a_gradient * a * (1 - a)
    if activation == "relu":
        return a_gradient * (a > 0)
    if activation == "softmax":
        return a * (a_gradient - (a_gradient * a).sum(axis=1, keepdims=True))
    return a_gradient


def loss_and_gradient(loss, outputs, targets, activation):
    """The mean loss and ∂L/∂z of the last layer."""
    count = len(outputs)
    if loss == "binary_cross_entropy":
        value = -(targets * np.log(outputs) + (1 - targets) * np.log(1 - outputs)).mean()
        difference = (outputs - targets) / outputs.size
        if activation == "sigmoid":
            return value, difference
        gradient = difference / (outputs * (1 - outputs))
    elif loss == "cross_entropy":
        value = -(targets * np.log(outputs)).sum() / count
        if activation == "softmax":
            return value, (outputs - targets) / count
        gradient = -targets / outputs / count
    elif loss == "mean_squared_error":
        difference = outputs - targets
        value = (difference * difference).mean()
        gradient = 2 * difference / difference.size
    else:
        raise ValueError(f"loss {loss} is unknown")
    return value, pre_activation_gradient(outputs, gradient, activation)


def compute(body):
    """The response's bytes for the request's."""
    request = orjson.loads(body)
    samples, layers = request["samples"], request["network"]["layers"]
    dtype = request.get("dtype", "float64")
    activations = [np.array(samples["inputs"], dtype)]
    weights = []
    for layer in layers:
        weights.append(np.array(layer["weights"], dtype))
        z = activations[-1] @ weights[-1].T
        z += np.array(layer["bias"], dtype)
        activations.append(activate(z, layer["activation"]))
    targets = np.array(samples["targets"], dtype)
    loss, dz = loss_and_gradient(
        request["loss"], activations[-1], targets, layers[-1]["activation"])
    gradients = []
    for index in reversed(range(len(layers))):
        gradients.append({"weights": dz.T @ activations[index], "bias": dz.sum(axis=0)})
        if index > 0:
            dz = pre_activation_gradient(
                activations[index], dz @ weights[index], layers[index - 1]["activation"])
    answer = {"loss": float(loss), "gradients": gradients[::-1], "samples": len(targets),
              "dtype": dtype}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


async def app(scope, receive, send):
    """The ASGI application."""
    if scope["type"] != "http":
        return
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    status = 404
    answer = b'{"detail":"only POST /gradients is served"}'
    if scope["method"] == "POST" and scope["path"] == "/gradients":
        try:
            status, answer = 200, compute(body)
        except (KeyError, TypeError, ValueError) as error:
            status, answer = 400, orjson.dumps({"detail": str(error)})
    headers = HEADERS + [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
