"""Whether a case's numbers are a matter of mathematics, and not of an implementation's rounding."""

import copy
import random
from collections.abc import Iterator

from .case import Case

# A few units in the last place: what another order of summation may change.
RELATIVE_CHANGE = 2.0**-50
# How much of a case's tolerance rounding may use up.
SHARE = 0.2


def check_conditioning(case: Case, answer: dict):
    """Raises where the answer moves too far when the parameters change by their rounding."""
    moved = copy.copy(case)
    moved.request = copy.deepcopy(case.request)
    generator = random.Random(case.name)
    for layer in moved.request["network"]["layers"]:
        for key in ("weights", "bias"):
            if key in layer:
                layer[key] = shaken(layer[key], generator)
    for difference in differences(moved.answer(), answer, case):
        raise ValueError(f"{case.name} depends on rounding: {difference}")


def shaken(values, generator: random.Random):
    """Nested numbers, each a little larger or smaller."""
    if isinstance(values, list):
        return [shaken(value, generator) for value in values]
    return values * (1 + RELATIVE_CHANGE * generator.choice((-1, 1)))


def differences(found, answer, case: Case, place: str = "") -> Iterator[str]:
    """Where two answers differ by more than rounding may: |found - answer| > SHARE * tolerance."""
    if isinstance(answer, dict) and isinstance(found, dict) and found.keys() == answer.keys():
        for key, value in answer.items():
            yield from differences(found[key], value, case, f"{place}/{key}")
    elif isinstance(answer, list) and isinstance(found, list) and len(found) == len(answer):
        for index, value in enumerate(answer):
            yield from differences(found[index], value, case, f"{place}/{index}")
    elif isinstance(answer, float) and isinstance(found, float):
        if not abs(found - answer) <= SHARE * (case.atol + case.rtol * abs(answer)):
            yield f"{place} is {answer} or {found}"
    elif found != answer:
        yield f"{place} is {answer} or {found}"
