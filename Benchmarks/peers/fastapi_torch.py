"""POST /gradients with FastAPI and PyTorch: what a Python team would write.

PARSE=pydantic (the default) validates the body with models, the ordinary way; PARSE=orjson reads
the raw body, the fast way. Requests and responses have Nabla's form.
"""

import os
from typing import Literal

import numpy as np
import orjson
import torch
import torch.nn.functional as F
from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

torch.set_num_threads(1)
app = FastAPI()

ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "softmax": lambda z: torch.softmax(z, dim=1),
}


class Layer(BaseModel):
    weights: list[list[float]]
    bias: list[float]
    activation: Literal["identity", "relu", "sigmoid", "softmax"]


class Network(BaseModel):
    layers: list[Layer]


class Samples(BaseModel):
    inputs: list[list[float]]
    targets: list[list[float]]


class GradientsRequest(BaseModel):
    network: Network
    loss: Literal["binary_cross_entropy", "cross_entropy", "mean_squared_error"]
    samples: Samples
    dtype: Literal["float64", "float32"] = "float64"


def loss_of(name, outputs, pre_activations, targets, last_activation):
    """The mean loss; softmax with cross entropy is taken from the pre-activations, as is usual."""
    if name == "binary_cross_entropy":
        return F.binary_cross_entropy(outputs, targets)
    if name == "mean_squared_error":
        return F.mse_loss(outputs, targets)
    if last_activation == "softmax":
        return F.cross_entropy(pre_activations, targets)
    return -(targets * torch.log(outputs)).sum(dim=1).mean()


def compute(layers, loss_name, inputs, targets, dtype):
    """The response for layers given as (weights, bias, activation)."""
    def tensor(values):
        return torch.from_numpy(np.array(values, dtype=dtype))

    parameters = []
    activations = tensor(inputs)
    for weights, bias, activation in layers:
        weights, bias = tensor(weights).requires_grad_(), tensor(bias).requires_grad_()
        parameters += [weights, bias]
        pre_activations = F.linear(activations, weights, bias)
        activations = ACTIVATIONS[activation](pre_activations)
    loss = loss_of(loss_name, activations, pre_activations, tensor(targets), layers[-1][2])
    gradients = [gradient.numpy() for gradient in torch.autograd.grad(loss, parameters)]
    answer = {
        "loss": loss.item(),
        "gradients": [
            {"weights": weights, "bias": bias}
            for weights, bias in zip(gradients[::2], gradients[1::2])
        ],
        "samples": len(inputs),
        "dtype": dtype,
    }
    body = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json")


if os.environ.get("PARSE", "pydantic") == "pydantic":

    @app.post("/gradients")
    async def gradients(request: GradientsRequest):
        layers = [(x.weights, x.bias, x.activation) for x in request.network.layers]
        samples = request.samples
        try:
            return compute(layers, request.loss, samples.inputs, samples.targets, request.dtype)
        except (ValueError, RuntimeError) as error:
            raise HTTPException(400, str(error)) from error

else:

    @app.post("/gradients")
    async def gradients(request: Request):
        try:
            body = orjson.loads(await request.body())
            layers = [
                (x["weights"], x["bias"], x["activation"]) for x in body["network"]["layers"]
            ]
            samples = body["samples"]
            return compute(layers, body["loss"], samples["inputs"], samples["targets"],
                           body.get("dtype", "float64"))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise HTTPException(400, str(error)) from error
