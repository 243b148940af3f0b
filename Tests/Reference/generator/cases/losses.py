"""Every loss with every reduction, its settings, and samples' weights."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..case import Case, gradients_case
from ..draw import Draw

COUNT, OUTPUTS = 5, 3
CLASS_WEIGHTS = [0.5, 2, 1.25]
SMOOTHED = {"label_smoothing": 0.1}
WEIGHTED = {"class_weights": CLASS_WEIGHTS}


@dataclass
class Variant:
    """A loss with its settings, the activation before it, and how its targets are drawn."""

    name: str
    loss: str
    activation: str | None
    targets: str
    settings: dict | None = None

    def drawn_targets(self, draw: Draw):
        match self.targets:
            case "any":
                return draw.numbers(COUNT, OUTPUTS)
            case "classes":
                return draw.classes(COUNT, OUTPUTS)
            case "shares":
                return draw.shares(COUNT, OUTPUTS)
            case "probabilities":
                return [[0, 1, 0.3]] + draw.numbers(COUNT - 1, OUTPUTS, low=0, high=1)
            case "signs":
                return [[draw.choice((-1, 1)) for _ in range(OUTPUTS)] for _ in range(COUNT)]
            case "counts":
                return [[draw.randrange(4) for _ in range(OUTPUTS)] for _ in range(COUNT)]


VARIANTS = [
    Variant("binary-cross-entropy", "binary_cross_entropy", "sigmoid", "probabilities"),
    Variant(
        "binary-cross-entropy-with-logits", "binary_cross_entropy_with_logits", None,
        "probabilities"),
    Variant("cross-entropy", "cross_entropy", "softmax", "classes"),
    Variant("cross-entropy-shares", "cross_entropy", "softmax", "shares"),
    Variant("cross-entropy-smoothing", "cross_entropy", "softmax", "classes", SMOOTHED),
    Variant("cross-entropy-class-weights", "cross_entropy", "softmax", "classes", WEIGHTED),
    Variant("cross-entropy-all", "cross_entropy", "softmax", "classes", SMOOTHED | WEIGHTED),
    Variant("cross-entropy-shares-all", "cross_entropy", "softmax", "shares", SMOOTHED | WEIGHTED),
    Variant("cross-entropy-with-logits", "cross_entropy_with_logits", None, "classes"),
    Variant(
        "cross-entropy-with-logits-all", "cross_entropy_with_logits", None, "classes",
        SMOOTHED | WEIGHTED),
    Variant(
        "cross-entropy-with-logits-shares", "cross_entropy_with_logits", None, "shares", WEIGHTED),
    Variant("mean-squared-error", "mean_squared_error", None, "any"),
    Variant("mean-absolute-error", "mean_absolute_error", None, "any"),
    Variant("huber", "huber", None, "any"),
    Variant("huber-delta", "huber", None, "any", {"delta": 0.4}),
    Variant("hinge", "hinge", None, "signs"),
    Variant("kl-divergence", "kl_divergence", "softmax", "shares"),
    Variant("poisson", "poisson", "softplus", "counts"),
]


def cases() -> Iterator[Case]:
    for variant in VARIANTS:
        for reduction in ("mean", "sum", "none"):
            yield case(variant, reduction)
        yield case(variant, "mean", weighted=True)
        if variant.name in ("cross-entropy-all", "mean-squared-error"):
            yield case(variant, "sum", weighted=True)
            yield case(variant, "none", weighted=True)


def case(variant: Variant, reduction: str, weighted: bool = False) -> Case:
    name = f"loss-{variant.name}-{reduction}{'-weighted' if weighted else ''}"
    draw = Draw(name)
    samples = {"inputs": draw.numbers(COUNT, 2), "targets": variant.drawn_targets(draw)}
    if weighted:
        # A weight of 0 takes its sample out of the loss and out of the mean's denominator.
        samples["weights"] = [0.5, 0] + draw.numbers(COUNT - 2, low=0.1, high=3)
    loss = {"type": variant.loss, **variant.settings} if variant.settings else variant.loss
    return gradients_case(
        name, f"reduction {reduction}{', with samples that have weights' if weighted else ''}",
        [draw.dense(2, OUTPUTS, variant.activation)], samples, loss, reduction=reduction)
