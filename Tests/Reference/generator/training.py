"""What POST /train answers, by torch.optim and torch.optim.lr_scheduler."""

import torch
from torch import Tensor
from torch.optim import lr_scheduler

from .network import Network, tensor
from .objective import Objective


class Lion(torch.optim.Optimizer):
    """Lion, which torch.optim doesn't have: Chen et al. 2023, algorithm 2.

    The update is the sign of b1 m + (1 - b1) g; m then goes on with b2; weight decay is decoupled.
    """

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                update = torch.sign(b1 * m + (1 - b1) * p.grad) + group["weight_decay"] * p
                p.sub_(update, alpha=group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "nadam": torch.optim.NAdam,
    "lion": Lion,
    "lbfgs": torch.optim.LBFGS,
}
# Where the wire's default isn't PyTorch's, or PyTorch's is worth writing into the case.
DEFAULTS = {
    "sgd": {"lr": 0.01},
    "lbfgs": {"lr": 1, "max_iter": 20, "history_size": 100, "line_search_fn": None},
}
TORCH_NAMES = {"learning_rate": "lr", "epsilon": "eps"}
SCHEDULES = {
    "constant": lambda optimizer: lr_scheduler.ConstantLR(optimizer, factor=1.0),
    "step": lr_scheduler.StepLR,
    "exponential": lr_scheduler.ExponentialLR,
    "cosine": lambda optimizer, t_max, eta_min=0.0: lr_scheduler.CosineAnnealingLR(
        optimizer, t_max, eta_min),
    "reduce_on_plateau": lr_scheduler.ReduceLROnPlateau,
}


def optimizer_call(wire: dict) -> tuple[type, dict]:
    """The optimizer's class and arguments for its settings on the wire."""
    settings = {key: value for key, value in wire.items() if key != "type"}
    arguments = DEFAULTS.get(wire["type"], {}) | {
        TORCH_NAMES.get(key, key): value for key, value in settings.items()
    }
    if "beta1" in arguments or "beta2" in arguments:
        arguments["betas"] = (arguments.pop("beta1", 0.9), arguments.pop("beta2", 0.999))
    return OPTIMIZERS[wire["type"]], arguments


def describe(wire: dict) -> str:
    """The call that made the optimizer, to be written into its case."""
    kind, arguments = optimizer_call(wire)
    return f"{kind.__name__}({', '.join(f'{key}={it}' for key, it in arguments.items())})"


class Rate:
    """The learning rate: a warm-up of w epochs with rate * e / w, then PyTorch's scheduler."""

    def __init__(self, wire, optimizer: torch.optim.Optimizer):
        wire = wire if isinstance(wire, dict) else {"type": wire or "constant"}
        self.settings = {key: value for key, value in wire.items() if key != "type"}
        self.warmup = self.settings.pop("warmup_epochs", 0)
        self.group = optimizer.param_groups[0]
        self.full = self.group["lr"]
        self.scheduler = SCHEDULES[wire["type"]](optimizer, **self.settings)
        self.epoch = 0
        self.warm_up()

    def warm_up(self):
        if self.epoch < self.warmup:
            self.group["lr"] = self.full * self.epoch / self.warmup
        elif self.epoch == self.warmup and self.warmup > 0:
            self.group["lr"] = self.full

    def end_epoch(self, loss: float):
        """Goes on to the next epoch; the schedule takes part from the end of the warm-up on."""
        if self.epoch >= self.warmup:
            on_plateau = isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau)
            self.scheduler.step(*([loss] if on_plateau else []))
        self.epoch += 1
        self.warm_up()


class Run:
    """One training."""

    def __init__(self, request: dict):
        self.request = request
        self.network = Network(request["network"])
        self.objective = Objective(request, self.network)
        samples = request["samples"]
        self.inputs, self.targets = tensor(samples["inputs"]), tensor(samples["targets"])
        self.weights = tensor(samples["weights"]) if "weights" in samples else None
        kind, arguments = optimizer_call(request["optimizer"])
        self.optimizer = kind(self.network.flat_parameters(), **arguments)
        self.rate = Rate(request.get("schedule"), self.optimizer)

    def batches(self) -> list[slice]:
        """The batches of an epoch, in the samples' order."""
        count = len(self.inputs)
        size = self.request.get("batch_size", count)
        starts = range(0, count, size)
        slices = [slice(start, min(start + size, count)) for start in starts]
        if self.request.get("drop_last") and count % size:
            slices.pop()
        return slices

    def step(self, batch: slice) -> tuple[float, float]:
        """One call of the optimizer's step; gives the batch's sum of losses and its mass.

        Where the optimizer evaluates the loss more than once (LBFGS), the first one counts.
        """
        seen = []

        def evaluate() -> Tensor:
            self.optimizer.zero_grad()
            weights = None if self.weights is None else self.weights[batch]
            targets = self.targets[batch]
            result = self.network.run(self.inputs[batch], training=True)
            loss = self.objective.terms(result, targets, weights).sum()
            loss.backward()
            self.clip()
            mass = self.objective.mass(result, targets, weights).sum().item()
            seen.append((self.objective.losses(result, targets, weights).sum().item(), mass))
            return loss

        if isinstance(self.optimizer, torch.optim.LBFGS):
            self.optimizer.step(evaluate)
        else:
            evaluate()
            self.optimizer.step()
        return seen[0]

    def clip(self):
        """Clips all gradients together, then each entry."""
        parameters = self.network.flat_parameters()
        if "clip_norm" in self.request:
            torch.nn.utils.clip_grad_norm_(parameters, self.request["clip_norm"])
        if "clip_value" in self.request:
            torch.nn.utils.clip_grad_value_(parameters, self.request["clip_value"])

    def epoch(self) -> float:
        """Trains an epoch; gives the mean loss of its samples as they were seen."""
        parts = [self.step(batch) for batch in self.batches()]
        loss = sum(part[0] for part in parts) / sum(part[1] for part in parts)
        self.rate.end_epoch(loss)
        return loss


def answer(request: dict) -> dict:
    """The expected losses and network of a training."""
    run = Run(request)
    losses = [run.epoch() for _ in range(request["epochs"])]
    return {"loss_per_epoch": losses, "network": run.network.to_wire()}
