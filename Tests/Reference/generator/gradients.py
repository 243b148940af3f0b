"""What POST /gradients answers, by PyTorch's autograd."""

import torch
from torch import Tensor

from .network import Network, tensor
from .objective import Objective


def answer(request: dict) -> dict:
    """The expected answer to a request."""
    network = Network(request["network"])
    objective = Objective(request, network)
    samples, include = request["samples"], request["include"]
    inputs, targets = tensor(samples["inputs"]), tensor(samples["targets"])
    weights = tensor(samples["weights"]) if "weights" in samples else None
    inputs.requires_grad_(not network.takes_tokens)
    result = network.run(inputs, request.get("training", False))
    terms = objective.terms(result, targets, weights)
    loss = terms.sum()

    parameters = network.flat_parameters()
    flat = torch.autograd.grad(loss, parameters, create_graph=True)
    gradients = wanted(network.per_layer(flat), request)
    expected = {"loss": loss.item(), "outputs": result.outputs.tolist()}
    if objective.reduction == "none":
        expected["loss"] = objective.losses(result, targets, weights).tolist()
    if "input_gradients" in include:
        (slopes,) = torch.autograd.grad(loss, inputs, retain_graph=True)
        expected["input_gradients"] = slopes.tolist()
    expected["gradients"] = to_lists(gradients)
    if "activations" in include:
        expected["activations"] = [a.tolist() for a in result.activations]
    if "norms" in include:
        expected["norms"] = norms(gradients)
    if "per_sample_gradients" in include:
        each = [torch.autograd.grad(term, parameters, retain_graph=True) for term in terms]
        stacked = network.per_layer([torch.stack(parts) for parts in zip(*each)])
        expected["per_sample_gradients"] = to_lists(wanted(stacked, request))
    if "hessian_vector_product" in include:
        vector = [
            tensor(request["vector"][index][key])
            for index, layer in enumerate(network.parameters) for key in layer
        ]
        product = sum((g * v).sum() for g, v in zip(flat, vector))
        second = torch.autograd.grad(product, parameters, materialize_grads=True)
        expected["hessian_vector_product"] = to_lists(network.per_layer(second))
    return expected


def wanted(layers: list[dict[str, Tensor]], request: dict) -> list[dict[str, Tensor]]:
    """Empties the layers that `wrt` doesn't name."""
    if "wrt" not in request:
        return layers
    names = [layer.get("name") for layer in request["network"]["layers"]]
    kept = {names.index(it) if isinstance(it, str) else it for it in request["wrt"]}
    return [layer if index in kept else {} for index, layer in enumerate(layers)]


def norms(gradients: list[dict[str, Tensor]]) -> dict:
    """The L2 norm of each tensor and of all together."""
    flat = torch.cat([g.flatten() for layer in gradients for g in layer.values()])
    return {
        "global": torch.linalg.vector_norm(flat).item(),
        "layers": [
            {key: torch.linalg.vector_norm(g).item() for key, g in layer.items()}
            for layer in gradients
        ],
    }


def to_lists(layers: list[dict[str, Tensor]]) -> list[dict[str, list]]:
    """Tensors as nested lists."""
    return [{key: value.tolist() for key, value in layer.items()} for layer in layers]
