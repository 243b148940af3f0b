"""Losses of the wire, by PyTorch's own functions."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .network import Network, Pass, tensor

ELEMENT_LOSSES = {
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "mean_squared_error": F.mse_loss,
    "mean_absolute_error": F.l1_loss,
    "huber": F.huber_loss,
    "poisson": lambda a, y, reduction: F.poisson_nll_loss(
        a, y, log_input=False, eps=1e-8, reduction=reduction),
    "kl_divergence": lambda a, y, reduction: F.kl_div(
        torch.log(a), y, reduction="batchmean" if reduction == "mean" else reduction),
}


def hinge(a: Tensor, y: Tensor, reduction: str) -> Tensor:
    """max(0, 1 - y a) for targets -1 and 1, which PyTorch doesn't have in this form."""
    losses = F.relu(1 - y * a)
    return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]


class Objective:
    """A loss with its reduction, which is a field of the loss or of the request.

    A sample's loss is the sum over its outputs times its weight. `mean` divides the sum over the
    samples by their mass: weights times outputs for losses over elements, weights for
    `kl_divergence` (PyTorch's `batchmean`) and classes given as shares, weights times class
    weights for class indices.
    """

    def __init__(self, request: dict, network: Network):
        loss = request["loss"] if isinstance(request["loss"], dict) else {"type": request["loss"]}
        self.kind = loss["type"]
        self.settings = {key: value for key, value in loss.items() if key != "type"}
        self.reduction = self.settings.pop("reduction", request.get("reduction", "mean"))
        self.reads_logits = self.kind in ("binary_cross_entropy", "cross_entropy")
        if self.reads_logits:
            # These are over probabilities; PyTorch's exact form for them starts at the logits.
            needed = "sigmoid" if self.kind == "binary_cross_entropy" else "softmax"
            assert network.last_activation_is(needed)

    def torch_loss(self, result: Pass, targets: Tensor, reduction: str) -> Tensor:
        """The loss as PyTorch has it, without samples' weights."""
        a = result.logits if self.reads_logits else result.outputs
        if self.kind.startswith("cross_entropy"):
            weights = self.settings.get("class_weights")
            return F.cross_entropy(
                a, targets.long() if targets.dim() == 1 else targets,
                weight=None if weights is None else tensor(weights),
                label_smoothing=self.settings.get("label_smoothing", 0.0), reduction=reduction)
        y = targets.reshape(a.shape)
        if self.kind == "hinge":
            return hinge(a, y, reduction)
        kind = "binary_cross_entropy_with_logits" if self.reads_logits else self.kind
        return ELEMENT_LOSSES[kind](a, y, reduction=reduction, **self.settings)

    def losses(self, result: Pass, targets: Tensor, weights: Tensor | None) -> Tensor:
        """Each sample's loss times its weight: (n)."""
        losses = self.torch_loss(result, targets, "none")
        losses = losses.reshape(len(losses), -1).sum(1)
        return losses if weights is None else losses * weights

    def mass(self, result: Pass, targets: Tensor, weights: Tensor | None) -> Tensor:
        """What each sample adds to the denominator of a mean; its weight for other reductions."""
        mass = torch.ones(len(targets), dtype=torch.float64) if weights is None else weights
        if self.reduction != "mean" or self.kind == "kl_divergence":
            return mass
        if not self.kind.startswith("cross_entropy"):
            return mass * result.outputs.shape[1]
        if targets.dim() == 1 and "class_weights" in self.settings:
            return mass * tensor(self.settings["class_weights"])[targets.long()]
        return mass

    def terms(self, result: Pass, targets: Tensor, weights: Tensor | None) -> Tensor:
        """Each sample's own term of the loss, so that their sum is the reduced loss: (n)."""
        terms = self.losses(result, targets, weights)
        if self.reduction == "mean":
            terms = terms / self.mass(result, targets, weights).sum()
        if weights is None and self.reduction != "none":
            whole = self.torch_loss(result, targets, self.reduction)
            torch.testing.assert_close(terms.sum(), whole, rtol=1e-13, atol=1e-15)
        return terms
